import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { aDocument, aKey, anSshKey, aResource, aSlice } from './document-builder.test-support.ts';
import type { AcceptedDocument, Remark } from './index.ts';
import { parseSlicesXml } from './index.ts';

function accepted(bytes: Uint8Array): AcceptedDocument {
  const document = parseSlicesXml(bytes, 17);
  if (!document.ok) throw new Error(`refused: ${document.reason}`);
  return document;
}
const read = (inside: string, root?: string) => accepted(aDocument(inside, root));
const textsOf = (remarks: readonly Remark[]) => remarks.map(({ text }) => text);
const only = (inside: string) => read(inside).slices[0];

describe('what a slice says', () => {
  test('a slice is ours if its <nodes> names our node id', () => {
    const others = '<nodes><node id="1"/><node hostname="b.example" id="170"/></nodes>';
    const document = read(aSlice() + aSlice({ name: 'mit_dht', nodes: others }));
    expect(document.slices).toEqual([
      {
        name: 'princeton_sirius',
        id: 12,
        ssh_keys: '',
        rspec: {},
        initscript: '',
        image: 'default',
        unreadable: [],
      },
    ]);
    expect(document).toMatchObject({
      version: '0.5',
      totals: { slices: 2, ours: 1 },
      remarks: [],
    });
  });

  test.each([
    ['among hundreds', `${'<node id="3" hostname="a.example"/>\n'.repeat(300)}<node id="17"/>`],
    ['with single quotes', "<node hostname='h' id='17' />"],
    ['with an unknown attribute', '<node id="1"/><node id="17" site="3"/><node id="2"/>'],
    ['with a closing tag', '<node id="17"></node>'],
    ['after a comment', '<!-- <node id="3"/> --><node id="17"/>'],
    ['with white space that counts for nothing', '\n\t<node\n id = "17"\n/>\n'],
    ['written as a character reference', '<node id="&#49;7"/>'],
    ['with leading zeros', '<node id="017"/>'],
  ])('our node is found %s', (_how, nodes) => {
    expect(read(aSlice({ nodes: `<nodes>${nodes}</nodes>` })).totals.ours).toBe(1);
  });

  test.each([
    ['in a comment', '<nodes><!-- <node id="17"/> --></nodes>'],
    ['in CDATA', '<nodes><![CDATA[<node id="17"/>]]></nodes>'],
    ['outside <nodes>', '<node id="17"/>'],
    ['below an unknown element', '<nodes><old><node id="17"/></old></nodes>'],
    ['of another namespace', '<nodes><node xmlns="urn:other" id="17"/></nodes>'],
  ])('a node %s makes no slice ours', (_where, nodes) => {
    expect(read(aSlice({ nodes })).totals).toEqual({ slices: 1, ours: 0 });
  });

  test('an expiry is kept, and without one a slice never expires', () => {
    expect(only(aSlice({ attributes: ' id="1" expiry="1900000000"' }))?.expiry).toBe(1_900_000_000);
    expect(only(aSlice())).not.toHaveProperty('expiry');
  });

  test('the namespace may be the default one, a prefix, or none', () => {
    const namespace = 'http://www.planet-lab.org/xml';
    expect(read(aSlice(), `xmlns="${namespace}"`).totals.ours).toBe(1);
    const prefixed = aDocument(aSlice())
      .toString()
      .replaceAll(/<(\/?)(?=[a-z])/g, '<$1pl:');
    const bound = prefixed.replace('version="0.5"', `xmlns:pl="${namespace}"`);
    expect(accepted(Buffer.from(bound)).totals.ours).toBe(1);
  });

  test('text that is not ASCII is read, a byte order mark is no trouble', () => {
    const inside = aResource('initscript', ['# größer 漢字 🙂'], 'string');
    const bytes = aDocument(aSlice({ inside: `<rspec>${inside}</rspec>` })).toString();
    expect(accepted(Buffer.from(`\ufeff${bytes}`)).slices[0]?.initscript).toBe('# größer 漢字 🙂');
  });
});

describe('resources', () => {
  const rspecOf = (resources: string) => only(aSlice({ inside: `<rspec>${resources}</rspec>` }));

  test('a resource is named by <resource name>, its value is an integer of up to 53 bits', () => {
    const document = rspecOf(
      aResource('nm_cpu_share', [64]) +
        aResource('unknown', [-9007199254740991]) +
        aResource('nm_net_max_rate', [' 5000000000\n']),
    );
    expect(document?.rspec).toEqual({
      nm_cpu_share: 64,
      unknown: -9007199254740991,
      nm_net_max_rate: 5_000_000_000,
    });
  });

  test('of several values the last that is an integer counts', () => {
    expect(rspecOf(aResource('r', [1, 2, 'x']))?.rspec).toEqual({ r: 2 });
  });

  test('a value that is not an integer is ignored', () => {
    const text = aResource('a', ['']) + aResource('b', ['1.5']) + aResource('c', ['12'], 'string');
    expect(rspecOf(text)?.rspec).toEqual({});
  });

  test('an integer beyond 53 bits is ignored and reported, and the slice stays', () => {
    const inside = `\n<rspec>${aResource('nm_net_max_rate', ['9007199254740992'])}</rspec>`;
    const { slices, remarks } = read(aSlice({ inside }));
    expect(slices[0]?.rspec).toEqual({});
    expect(textsOf(remarks)).toEqual([
      'line 4: ignored: resource "nm_net_max_rate": "9007199254740992" is beyond ±(2^53-1)',
    ]);
  });

  test('less than nothing of a resource that we know is ignored and reported; of others it is carried', () => {
    const inside = `<rspec>${aResource('nm_disk_quota', [-5])}${aResource('other', [-5])}</rspec>`;
    const { slices, remarks } = read(aSlice({ inside }));
    expect(slices[0]?.rspec).toEqual({ other: -5 });
    expect(textsOf(remarks)).toEqual([
      expect.stringContaining('"nm_disk_quota": -5 makes no sense'),
    ]);
  });

  test('a resource that no record may hold is ignored and reported', () => {
    const { slices, remarks } = read(
      aSlice({ inside: `<rspec>${aResource('__proto__', [1])}${aResource('a b', [1])}</rspec>` }),
    );
    expect(slices[0]?.rspec).toEqual({});
    expect(textsOf(remarks)).toHaveLength(2);
  });

  test('a string named initscript is the start script, white space and all', () => {
    const script = '#!/bin/sh\n<![CDATA[[ 1 < 2 ] && echo "&" <!DOCTYPE x>\n]]>';
    expect(rspecOf(aResource('initscript', [script], 'string'))).toMatchObject({
      initscript: '#!/bin/sh\n[ 1 < 2 ] && echo "&" <!DOCTYPE x>\n',
      rspec: {},
    });
  });

  test('a string named image is the image to make the sliver of, the last one that is a name', () => {
    const values = [' debian-13.1\n', 'ubuntu_24'];
    expect(rspecOf(aResource('image', values, 'string'))).toMatchObject({
      image: 'ubuntu_24',
      rspec: {},
    });
    expect(rspecOf(aResource('image', ['42'], 'string'))).toMatchObject({ image: '42', rspec: {} });
  });

  test.each([
    ['a path', '../../etc'],
    ['a version', 'default@3'],
    ['too long', 'a'.repeat(65)],
    ['empty', ''],
  ])(
    'an image whose name is %s is ignored and reported; the slice stays, with the default',
    (_what, name) => {
      const inside = `<rspec>${aResource('image', [name], 'string')}</rspec>`;
      const { slices, remarks } = read(aSlice({ inside }));
      expect(slices).toMatchObject([{ name: 'princeton_sirius', image: 'default' }]);
      expect(textsOf(remarks)).toEqual([
        expect.stringMatching(/ignored: image ".*": the name of an image is/),
      ]);
    },
  );
});

describe('keys', () => {
  test('every ssh key of the users counts, wherever it stands, each once, sorted', () => {
    const users = '<users><user person_id="6"/><user person_id="5"/></users>';
    const [a, b, c] = [anSshKey(1), anSshKey(2), anSshKey(3, { comment: '' })];
    const text =
      aKey(b) +
      aSlice({ users, inside: aKey(c, '6') }) +
      aKey(a) +
      aKey(a) +
      aKey(anSshKey(9), '7');
    expect(only(text)?.ssh_keys).toBe([a, b, c].sort().join('\n'));
  });

  test('keys below unknown elements count, keys of another type do not', () => {
    const text = `${aSlice()}<keys>${aKey(anSshKey(1))}</keys>${aKey('-----PGP', '5', 'gpg')}`;
    expect(read(text)).toMatchObject({ slices: [{ ssh_keys: anSshKey(1) }], remarks: [] });
  });

  test.each([
    ['a newline', `${anSshKey(1)}&#10;${anSshKey(2)}`, 'a line end or a control character'],
    ['options before the type', `command=&quot;x&quot; ${anSshKey(1)}`, 'not `type base64'],
    ['base64 that does not decode', 'ssh-rsa AAA', 'base64 does not decode'],
    ['the base64 of another type', anSshKey(1).replace('ssh-ed25519', 'ssh-rsa'), 'type ssh-rsa'],
    ['no value', '', 'not `type base64'],
  ])('a key with %s makes the slices of that user left out', (_what, value, why) => {
    const other = aSlice({ name: 'mit_dht', users: '<users><user person_id="6"/></users>' });
    const { slices, remarks } = read(aSlice() + other + aKey(value) + aKey(anSshKey(1), '6'));
    expect(slices.map(({ name }) => name)).toEqual(['mit_dht']);
    expect(textsOf(remarks)).toEqual([
      expect.stringMatching(/^line 3: left out: a key of person "5"/),
    ]);
    expect(remarks[0]?.text).toContain(why);
  });
});

describe('slices that are left out', () => {
  test.each([
    ['a bad name', aSlice({ name: '../etc' }), '"../etc": left out: a name is like'],
    ['a name that is too long', aSlice({ name: `a_${'b'.repeat(31)}` }), 'at most 32'],
    ['no name', aSlice().replace(/ name="[^"]*"/, ''), 'it has no name'],
    ['no id', aSlice({ attributes: '' }), 'its id is missing'],
    ['a bad id', aSlice({ attributes: ' id="-1"' }), 'its id is "-1"'],
    ['a bad expiry', aSlice({ attributes: ' id="1" expiry="soon"' }), 'its expiry is "soon"'],
  ])('a slice with %s is left out and reported; the rest counts', (_what, bad, why) => {
    const { slices, remarks, totals } = read(`${aSlice({ name: 'mit_dht' })}\n${bad}`);
    expect(slices.map(({ name }) => name)).toEqual(['mit_dht']);
    expect(totals).toEqual({ slices: 2, ours: 1 });
    expect(textsOf(remarks)).toEqual([expect.stringContaining(why)]);
    expect(remarks[0]?.text).toMatch(/^line 4: /);
  });

  test('of a repeated name the first counts, even when it is not ours', () => {
    const first = aSlice({ nodes: '<nodes/>' });
    const { slices, remarks } = read(`${first}\n${aSlice()}`);
    expect(slices).toEqual([]);
    expect(textsOf(remarks)).toEqual([
      'line 4: left out: its name is repeated; the first one counts',
    ]);
  });

  test('a bad slice of other nodes is none of ours to report', () => {
    expect(read(aSlice({ name: 'BAD', nodes: '<nodes/>' })).remarks).toEqual([]);
  });
});

describe('documents that count for nothing', () => {
  const root = (text: string) => Buffer.from(text);
  test.each<[string, Uint8Array, RegExp]>([
    ['an empty one', root(''), /root/],
    ['another root', root('<html/>'), /^line 1: the root is <html>/],
    ['a second root', root('<planetlab_slices/><planetlab_slices/>'), /one root/],
    ['text after the root', root('<planetlab_slices/>x'), /outside of root/],
    ['a document type', root('<!DOCTYPE x><planetlab_slices/>'), /<!DOCTYPE/],
    [
      'an entity declaration',
      root('<planetlab_slices><!ENTITY a "b"></planetlab_slices>'),
      /ENTITY/,
    ],
    ['an undefined entity', aDocument('&amp;&foo;'), /^line 3: not well-formed: undefined entity/],
    ['an entity named like a property', aDocument('&constructor;'), /undefined entity/],
    ['bytes that are not UTF-8', Buffer.from([0x3c, 0xff, 0x3e]), /UTF-8/],
    ['another declared encoding', root('<?xml version="1.0" encoding="latin1"?><a/>'), /latin1/],
    [
      'a comment that does not end',
      aDocument('<!-- '),
      /^line 3: markup that begins here does not end/,
    ],
    ['deep nesting', aDocument('<a>'.repeat(200) + '</a>'.repeat(200)), /nested deeper than 100/],
    ['a wrong end tag', aDocument(`\n${aSlice()}</slice>`), /^line 4: not well-formed/],
    [
      'a fault far behind other nodes',
      aDocument(aSlice({ nodes: `<nodes>${'\n<node id="1"/>'.repeat(500)}\n<node</nodes>` })),
      /^line 504: not well-formed/,
    ],
    [
      'a node cut in two',
      aDocument(aSlice({ nodes: '<nodes><node id="1" hostname="</nodes>' })),
      /./,
    ],
    [
      'an attribute given twice',
      aDocument(aSlice({ nodes: '<nodes><node id="1" id="2"/></nodes>' })),
      /duplicate/,
    ],
  ])('%s', (_what, bytes, reason) => {
    const document = parseSlicesXml(bytes, 17);
    expect(document).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

test('remarks are bounded: the first five thousand are told, the rest are counted', () => {
  const bad = Array.from({ length: 5005 }, (_, n) => aSlice({ name: `BAD${n}` })).join('\n');
  const { remarks } = read(bad);
  expect(textsOf(remarks)).toHaveLength(5001);
  expect(remarks.at(-1)?.text).toBe('and 5 more');
});

import { Buffer } from 'node:buffer';
import {
  type EpochSeconds,
  epochSeconds,
  MAX_INITSCRIPT_BYTES,
  MAX_KEYS_BYTES,
  MAX_REMARK_LENGTH,
  MAX_REMARKS,
  RESOURCE_NAMES,
  rspecSchema,
  UNREADABLE_FIELDS,
} from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { aDocument, aKey, anSshKey, aResource, aSlice } from './document-builder.test-support.ts';
import type { AcceptedDocument, Remark } from './index.ts';
import { parseSlicesXml } from './index.ts';

function accepted(bytes: Uint8Array, asOf?: EpochSeconds): AcceptedDocument {
  const document = parseSlicesXml(bytes, 17, asOf);
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

  test.each([
    ['names a node by no number', '<nodes><node id="17x"/></nodes>', /a <node> has the id "17x"/],
    [
      'names a node by nothing',
      '<nodes><node hostname="a.example"/></nodes>',
      /a <node> has no id/,
    ],
    ['names a node by other digits', '<nodes><node id="１７"/></nodes>', /has the id/],
    ['has no <nodes>', '', /it has no <nodes>/],
    ['has misspelt <nodes>', '<Nodes><node id="17"/></Nodes>', /it has no <nodes>/],
  ])(
    'a slice that %s may be ours: nothing of it can be read, and that is told',
    (_how, nodes, why) => {
      const { slices, totals, remarks } = read(aSlice({ nodes }));
      expect(totals).toEqual({ slices: 1, ours: 0 });
      expect(slices).toMatchObject([{ name: 'princeton_sirius', unreadable: UNREADABLE_FIELDS }]);
      const severity = 'trouble';
      expect(remarks).toContainEqual({
        slice: 'princeton_sirius',
        severity,
        text: expect.stringMatching(why),
      });
    },
  );

  test.each([
    ['readable nodes, and not ours', '<nodes><node id="3"/><node id="18"/></nodes>'],
    ['no nodes at all', '<nodes/>'],
  ])('a slice on %s is somebody else’s', (_how, nodes) => {
    expect(read(aSlice({ nodes }))).toMatchObject({ slices: [], remarks: [] });
  });

  test('one node that can be read as ours makes the slice ours, whatever else is in the list', () => {
    const nodes = '<nodes><node id="x"/><node id="17"/></nodes>';
    expect(only(aSlice({ nodes }))?.unreadable).toEqual([]);
  });

  test('white space around a name is no part of it', () => {
    expect(only(aSlice({ name: ' princeton_sirius\n' }))?.name).toBe('princeton_sirius');
  });

  test('an element that is called nearly as one that counts is told, and any other is not', () => {
    const { remarks } = read(`${aSlice()}<Slice name="a_b"/><slices/><future/>`);
    expect(remarks.map(({ severity, text }) => [severity, text])).toEqual([
      ['trouble', 'line 3: <Slice> in <planetlab_slices> means nothing, nor does what is in it'],
      ['trouble', 'line 3: <slices> in <planetlab_slices> means nothing, nor does what is in it'],
    ]);
  });

  test('a min rate above the max rate is told, and both are kept as they are', () => {
    const rates = aResource('nm_net_min_rate', [20]) + aResource('nm_net_max_rate', [10]);
    const { slices, remarks } = read(aSlice({ inside: `<rspec>${rates}</rspec>` }));
    expect(slices[0]?.rspec).toEqual({ nm_net_min_rate: 20, nm_net_max_rate: 10 });
    expect(remarks).toMatchObject([
      { severity: 'trouble', text: expect.stringMatching(/nm_net_min_rate 20 is more than/) },
    ]);
  });

  test('an expiry in milliseconds is none', () => {
    const slice = only(aSlice({ attributes: ' id="12" expiry="1900000000000"' }));
    expect(slice).toMatchObject({ unreadable: ['expiry'] });
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

  const values = (...parts: readonly (readonly [name: string, text: string])[]) =>
    parts.map(([name, text]) => `<value name="${name}">${text}</value>`).join('');

  test.each([
    [
      'its name',
      [
        ['x', '1'],
        ['nm_net_max_rate', '2'],
        ['rate', '3'],
      ],
      2,
    ],
    [
      'its name without nm_',
      [
        ['rate', '1'],
        ['net_max_rate', '2'],
      ],
      2,
    ],
    [
      'the end of its name',
      [
        ['x', '1'],
        ['rate', '2'],
      ],
      2,
    ],
    [
      'no such name',
      [
        ['x', '1'],
        ['y', '2'],
        ['ate', '3'],
      ],
      1,
    ],
  ] as const)(
    'of several values the one counts that bears %s, else the first',
    (_what, parts, amount) => {
      const text = `<resource name="nm_net_max_rate">${values(...parts)}</resource>`;
      expect(rspecOf(text)?.rspec).toEqual({ nm_net_max_rate: amount });
    },
  );

  test('of a resource that comes again the last counts, which is noted when it is another amount', () => {
    const twice = (name: string, first: number, second: number) =>
      aResource(name, [first]) + aResource(name, [second]);
    const inside = `<rspec>${twice('nm_cpu_share', 1, 2)}${twice('same', 3, 3)}</rspec>`;
    const { slices, remarks } = read(aSlice({ inside }));
    expect(slices[0]?.rspec).toEqual({ nm_cpu_share: 2, same: 3 });
    expect(remarks).toEqual([
      {
        slice: 'princeton_sirius',
        severity: 'note',
        text: 'line 3: resource "nm_cpu_share": 1, then 2; the last counts',
      },
    ]);
  });

  test.each(['string', 'int', ''])('an integer counts whatever its type (%j)', (type) => {
    expect(rspecOf(aResource('a', ['12'], type))?.rspec).toEqual({ a: 12 });
  });

  test('what is not an integer is trouble for a resource that we know, a note for another', () => {
    const inside = `<rspec>${aResource('nm_cpu_share', ['1.5'])}${aResource('b', ['1.5'])}</rspec>`;
    const { slices, remarks } = read(aSlice({ inside }));
    expect(slices[0]?.rspec).toEqual({});
    expect(remarks.map(({ severity }) => severity)).toEqual(['trouble', 'note']);
  });

  test('-1 is no limit where that exists, and cannot be used and told where it does not', () => {
    const inside = RESOURCE_NAMES.map((name) => aResource(name, [-1])).join('');
    const { slices, remarks } = read(aSlice({ inside: `<rspec>${inside}</rspec>` }));
    expect(slices[0]?.rspec).toEqual({
      nm_disk_quota: Number.MAX_SAFE_INTEGER,
      nm_net_max_rate: 1e12,
      nm_net_exempt_max_rate: 1e12,
      nm_net_max_byte: 0,
      nm_net_max_thresh_byte: Number.MAX_SAFE_INTEGER,
      nm_net_max_exempt_byte: 0,
      nm_net_max_thresh_exempt_byte: Number.MAX_SAFE_INTEGER,
      nm_mem_max: 0,
      nm_tasks_max: 4_194_304,
      nm_cpu_max: 0,
      nm_io_read_max: 0,
      nm_io_write_max: 0,
    });
    expect(remarks).toHaveLength(RESOURCE_NAMES.length - 12);
    expect(remarks[0]).toMatchObject({
      severity: 'trouble',
      text: 'line 3: resource "nm_enabled" cannot be used: -1 makes no sense',
    });
  });

  test.each([
    ['plc_slice_state', 'suspended', { nm_enabled: 0 }, 0],
    ['plc_slice_state', 'active', {}, 0],
    ['enabled', '0', { nm_enabled: 0 }, 0],
    ['enabled', '1', { nm_enabled: 1 }, 0],
    ['enabled', 'no', {}, 1],
  ])('%s with the value %s says whether a slice is suspended', (name, text, rspec, told) => {
    const { slices, remarks } = read(
      aSlice({ inside: `<rspec>${aResource(name, [text], 'string')}</rspec>` }),
    );
    expect(slices[0]?.rspec).toEqual(rspec);
    expect(remarks).toHaveLength(told);
  });

  test('of words that contradict each other the one that suspends counts, and it is noted', () => {
    const inside = aResource('nm_enabled', [0]) + aResource('enabled', [1]);
    const { slices, remarks } = read(aSlice({ inside: `<rspec>${inside}</rspec>` }));
    expect(slices[0]?.rspec).toEqual({ nm_enabled: 0 });
    expect(remarks).toEqual([
      { slice: 'princeton_sirius', severity: 'note', text: expect.stringContaining('contradicts') },
    ]);
  });

  test('a slice has no more resources than a record holds, and its suspension among them', () => {
    const many = Array.from({ length: 300 }, (_, each) => aResource(`r${each}`, [each])).join('');
    const inside = `<rspec>${many}${aResource('nm_enabled', [0])}</rspec>`;
    const { slices, remarks } = read(aSlice({ inside }));
    expect(slices[0]?.rspec['nm_enabled']).toBe(0);
    expect(rspecSchema.safeParse(slices[0]?.rspec).success).toBe(true);
    expect(remarks.at(-1)?.text).toMatch(/and 81 more of this kind/);
  });

  test('an integer beyond 53 bits is ignored and reported, and the slice stays', () => {
    const inside = `\n<rspec>${aResource('nm_net_max_rate', ['9007199254740992'])}</rspec>`;
    const { slices, remarks } = read(aSlice({ inside }));
    expect(slices[0]?.rspec).toEqual({});
    expect(textsOf(remarks)).toEqual([
      'line 4: resource "nm_net_max_rate" cannot be used: "9007199254740992" is beyond ±(2^53-1)',
    ]);
  });

  test('less than nothing of a resource that we know is ignored and reported; of others it is carried', () => {
    const inside = `<rspec>${aResource('nm_disk_quota', [-5])}${aResource('other', [-5])}</rspec>`;
    const { slices, remarks } = read(aSlice({ inside }));
    expect(slices[0]?.rspec).toEqual({ other: -5 });
    expect(textsOf(remarks)).toEqual([
      expect.stringContaining('"nm_disk_quota" cannot be used: -5 makes no sense'),
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

  test.each([
    ['all lines end so', '#!/bin/sh&#13;\necho a&#13;\n', '#!/bin/sh\necho a\n'],
    ['the first line ends so', '#!/bin/sh&#13;\necho a\n', '#!/bin/sh\necho a\n'],
    ['a later line ends so', '#!/bin/sh\nprintf "a&#13;\nb"\n', '#!/bin/sh\nprintf "a\r\nb"\n'],
  ])(
    'CR LF in a start script is LF, unless the first line ends in LF alone: %s',
    (_what, text, script) => {
      expect(rspecOf(aResource('initscript', [text], 'string'))?.initscript).toBe(script);
    },
  );

  test('initscript_code is the script, and wins wherever it stands', () => {
    const [code, other] = ['#!/bin/sh\ncode', '#!/bin/sh\nother'];
    const [a, b] = [aResource('initscript_code', [code]), aResource('initscript', [other])];
    expect(rspecOf(a + b)?.initscript).toBe(code);
    expect(rspecOf(b + a)?.initscript).toBe(code);
    expect(rspecOf(b + aResource('initscript_code', ['']))?.initscript).toBe(other);
  });

  test.each([
    ['42', 'start script 42: a number'],
    ['princeton_sirius_init', 'start script "princeton_sirius_init": a name'],
  ])('a start script that is kept elsewhere is noted (%s)', (text, why) => {
    const inside = `<rspec>${aResource('initscript', [text])}</rspec>`;
    const { slices, remarks } = read(aSlice({ inside }));
    expect(slices[0]?.initscript).toBe('');
    expect(remarks).toEqual([
      { slice: 'princeton_sirius', severity: 'note', text: expect.stringContaining(why) },
    ]);
  });

  test('a start script has at most a megabyte, of bytes and not of characters', () => {
    const scriptOf = (bytes: number) => `#!/bin/sh\n${'é'.repeat((bytes - 10) / 2)}`;
    const most = scriptOf(MAX_INITSCRIPT_BYTES);
    expect(rspecOf(aResource('initscript', [most]))?.initscript).toBe(most);
    const more = `<rspec>${aResource('initscript', [scriptOf(MAX_INITSCRIPT_BYTES + 2)])}</rspec>`;
    const { slices, remarks } = read(aSlice({ inside: more }));
    expect(slices[0]?.initscript).toBe('');
    expect(textsOf(remarks)).toEqual([expect.stringContaining('more than 1048576 bytes')]);
  });

  test('a string named image is the image to make the sliver of', () => {
    expect(rspecOf(aResource('image', [' debian-13.1\n'], 'string'))).toMatchObject({
      image: 'debian-13.1',
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
        expect.stringMatching(/image ".*" cannot be used: the name of an image is/),
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

  test('keys below unknown elements count; a key of another type is noted', () => {
    const text = `${aSlice()}<keys>${aKey(anSshKey(1))}</keys>${aKey('-----PGP', '5', 'gpg')}`;
    const { slices, remarks } = read(text);
    expect(slices).toMatchObject([{ ssh_keys: anSshKey(1) }]);
    expect(remarks).toEqual([
      {
        slice: 'princeton_sirius',
        severity: 'note',
        text: 'line 3: a key of person "5" cannot be used: keys of type "gpg" mean nothing here',
      },
    ]);
  });

  test.each([
    ['a second line', `${anSshKey(1)}&#10;${anSshKey(2)}`, 'a line end is in the middle of it'],
    ['options before the type', `command=&quot;x y&quot; ${anSshKey(1)}`, 'options before a key'],
    ['base64 that does not decode', 'ssh-rsa AAA', 'base64 does not decode'],
    ['no value', '', 'it is empty'],
  ])('a key with %s cannot be used alone, and told with its person', (_what, value, why) => {
    const other = aSlice({ name: 'mit_dht', users: '<users><user person_id="6"/></users>' });
    const { slices, remarks } = read(
      `${aSlice()}${other}\n${aKey(value)}${aKey(anSshKey(3))}${aKey(anSshKey(1), '6')}`,
    );
    expect(slices).toMatchObject([
      { name: 'princeton_sirius', ssh_keys: anSshKey(3) },
      { name: 'mit_dht', ssh_keys: anSshKey(1) },
    ]);
    expect(remarks).toEqual([
      { slice: 'princeton_sirius', severity: 'trouble', text: expect.stringContaining(why) },
    ]);
    expect(remarks[0]?.text).toMatch(/^line 4: a key of person "5" cannot be used: /);
  });

  test('broken keys of people without a slice on this node are no trouble of this node', () => {
    expect(read(aSlice() + aKey('ssh-rsa A', '7')).remarks).toEqual([]);
  });

  test('of one person’s broken keys the first six have a remark each, and the last of these names the next', () => {
    const keys = Array.from({ length: 9 }, (_, i) =>
      aKey(`ssh-rsa A${'x'.repeat(80)} me@host-${i}`),
    );
    const { remarks } = read(aSlice() + keys.join(''));
    expect(remarks).toHaveLength(6);
    const last = remarks.at(-1)?.text;
    for (const host of ['host-6', 'host-7', 'host-8']) expect(last).toContain(`me@${host}"`);
    expect(last).toMatch(
      /does not decode; nor can 3 more: "ssh-rsa Axxxxxxx…x+ me@host-6", [^,]+, [^,]+$/,
    );
    expect(read(aSlice() + keys.slice(0, 6).join('')).remarks.at(-1)?.text).toMatch(/decode$/);
  });

  test('past twenty-one broken keys of one person they are counted alone, and no remark is too long', () => {
    const { remarks } = read(aSlice() + aKey(`ssh-rsa ${'&quot;'.repeat(300)}`).repeat(100));
    expect(remarks).toHaveLength(6);
    expect(remarks.at(-1)?.text).toMatch(/; nor can 94 more: "/);
    expect(remarks.at(-1)?.text.length).toBeLessThanOrEqual(MAX_REMARK_LENGTH);
    const plain = read(aSlice() + aKey('ssh-rsa A').repeat(100)).remarks.at(-1)?.text;
    expect(plain).toMatch(/(?:"ssh-rsa A", ){15}…$/);
  });

  test('where users have more keys than a record holds, nobody’s keys leave no room for others’', () => {
    const long = (seed: number, person: string) =>
      aKey(anSshKey(seed, { comment: `${seed} ${'é'.repeat(7000)}` }), person);
    const many = Array.from({ length: 100 }, (_, seed) => long(seed, '5')).join('');
    const users = '<users><user person_id="5"/><user person_id="6"/></users>';
    const { slices, remarks } = read(aSlice({ users }) + many + aKey(anSshKey(200), '6'));
    const keys = slices[0]?.ssh_keys ?? '';
    expect(Buffer.byteLength(keys)).toBeLessThanOrEqual(MAX_KEYS_BYTES);
    expect(Buffer.byteLength(keys)).toBeGreaterThan(MAX_KEYS_BYTES - 15_000);
    expect(keys.split('\n')).toContain(anSshKey(200));
    const cut = 101 - keys.split('\n').length;
    expect(textsOf(remarks)).toEqual([
      `line 3: ${cut} keys of its users are cut: together they have more than 1048576 bytes`,
    ]);
  });
});

describe('what cannot be read', () => {
  test.each([
    ['a bad name', aSlice({ name: '../etc' }), 'slice "../etc" cannot be used: a name is like'],
    ['a name that is too long', aSlice({ name: `a_${'b'.repeat(31)}` }), 'at most 32'],
    ['no name', aSlice().replace(/ name="[^"]*"/, ''), 'a <slice> without a name cannot be used'],
  ])('a slice with %s cannot be used and told; the rest counts', (_what, bad, why) => {
    const { slices, remarks, totals } = read(`${aSlice({ name: 'mit_dht' })}\n${bad}`);
    expect(slices.map(({ name }) => name)).toEqual(['mit_dht']);
    expect(totals).toEqual({ slices: 2, ours: 1 });
    expect(remarks).toEqual([{ severity: 'trouble', text: expect.stringContaining(why) }]);
    expect(remarks[0]?.text).toMatch(/^line 4: /);
  });

  test.each([
    ['no id', '', ['id'], 'its id is missing'],
    ['a bad id', ' id="-1"', ['id'], 'its id is "-1"'],
    ['a bad expiry', ' id="1" expiry="soon"', ['expiry'], 'its expiry is "soon"'],
    ['an empty expiry', ' id="1" expiry=""', ['expiry'], 'its expiry is ""'],
  ])('a slice with %s counts, but for that', (_what, attributes, unreadable, why) => {
    const { slices, remarks } = read(aSlice({ attributes }) + aKey(anSshKey(1)));
    expect(slices).toMatchObject([{ name: 'princeton_sirius', ssh_keys: anSshKey(1), unreadable }]);
    expect(slices[0]).not.toHaveProperty('expiry');
    expect(remarks).toEqual([
      { slice: 'princeton_sirius', severity: 'trouble', text: expect.stringContaining(why) },
    ]);
  });

  test('of a repeated name the first counts, even when it is not ours', () => {
    const first = aSlice({ nodes: '<nodes/>' });
    const { slices, remarks } = read(`${first}\n${aSlice()}`);
    expect(slices).toEqual([]);
    expect(remarks).toEqual([
      {
        slice: 'princeton_sirius',
        severity: 'trouble',
        text: 'line 4: its name is repeated; the first one counts',
      },
    ]);
  });

  test('two slices with one id both count, and each is told which one has it too', () => {
    const { slices, remarks } = read(
      `${aSlice()}\n${aSlice({ name: 'site_b', attributes: ' id="12"' })}\n${aSlice({ name: 'site_c', attributes: ' id="13"' })}`,
    );
    expect(slices.map(({ name, id }) => [name, id])).toEqual([
      ['princeton_sirius', 12],
      ['site_b', 12],
      ['site_c', 13],
    ]);
    expect(slices.flatMap(({ unreadable }) => unreadable)).toEqual([]);
    expect(remarks.map(({ slice, severity, text }) => [slice, severity, text])).toEqual([
      [
        'princeton_sirius',
        'trouble',
        'line 3: its id 12 is also that of slice "site_b"; each of them counts',
      ],
      [
        'site_b',
        'trouble',
        'line 4: its id 12 is also that of slice "princeton_sirius"; each of them counts',
      ],
    ]);
  });

  test('an id that slices of other nodes have too is told, with how many', () => {
    const others = ['a_b', 'a_c', '../etc'].map((name) =>
      aSlice({ name, attributes: ' id="12"', nodes: '<nodes/>' }),
    );
    expect(read(`${others.join('\n')}\n${aSlice()}`).remarks).toEqual([
      {
        slice: 'princeton_sirius',
        severity: 'trouble',
        text: 'line 6: its id 12 is also that of slice "a_b" and 1 more; each of them counts',
      },
    ]);
  });

  test('of 20,000 slices with one id each of this node is told one other and how many more there are', () => {
    const slice = (n: number) =>
      aSlice({
        name: `site_${n}`,
        attributes: ' id="12"',
        ...(n < 9000 ? {} : { nodes: '<nodes/>' }),
      });
    const { slices, remarks } = read(Array.from({ length: 20_000 }, (_, n) => slice(n)).join(''));
    expect(slices).toHaveLength(9000);
    const texts = new Set(textsOf(remarks).map((text) => text.replace(/^line [0-9]+: /, '')));
    const others = (other: string) =>
      `its id 12 is also that of slice "${other}" and 19998 more; each of them counts`;
    expect([...texts].slice(0, 2)).toEqual([others('site_1'), others('site_0')]);
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

describe('remarks are bounded', () => {
  const slices = (count: number, inside: string) =>
    Array.from({ length: count }, (_, each) => aSlice({ name: `a_${each}`, inside })).join('\n');
  const notes = (count: number) => aResource('vsys', ['x']).repeat(count);

  test('those on the document: the first two hundred are told, the rest are counted', () => {
    const bad = Array.from({ length: 205 }, (_, n) => aSlice({ name: `BAD${n}` })).join('\n');
    const { remarks } = read(bad);
    expect(remarks).toHaveLength(201);
    expect(remarks.at(-1)?.text).toMatch(/^line \d+: and 5 more of this kind$/);
  });

  test('those on one slice, so that notes leave room for its trouble', () => {
    const inside = `<rspec>${notes(50)}${aResource('nm_cpu_share', ['x'])}</rspec>`;
    const { remarks } = read(slices(1, inside));
    const notesTold = Array.from({ length: 21 }, () => 'note');
    expect(remarks.map(({ severity }) => severity)).toEqual([...notesTold, 'trouble']);
    expect(remarks[20]?.text).toMatch(/and 30 more of this kind$/);
  });

  test('all of them, and trouble comes before notes', () => {
    const inside = `<rspec>${notes(20)}${aResource('nm_cpu_share', ['x'])}</rspec>`;
    const { remarks } = read(slices(300, inside));
    expect(remarks).toHaveLength(MAX_REMARKS + 1);
    expect(remarks.filter(({ severity }) => severity === 'trouble')).toHaveLength(300);
    expect(remarks.at(-1)).toEqual({ severity: 'note', text: 'and 1300 more remarks' });
  });

  test('each is one short line, whatever it quotes', () => {
    const { remarks } = read(aSlice({ name: `a&#10;\u0085\u2028${'&quot;'.repeat(10_000)}` }));
    expect(remarks[0]?.text).toMatch(/^line 3: slice "a\\n\\u0085\\u2028[^\p{Cc}\u2028]{1,900}$/u);
  });
});

describe('leases', () => {
  const lease = (slice: string, from: string, until: string) =>
    `<lease slice="${slice}" from="${from}" until="${until}"/>`;
  const leases = (inside: string, policy = ' policy="lease_or_idle"') =>
    read(`<leases${policy}>${inside}</leases>${aSlice()}`);

  test('of a document are a record, in the order of their time', () => {
    const document = leases(lease('site_b', '20', '30') + lease('princeton_sirius', '10', '20'));
    expect(document.leases).toEqual({
      record: {
        record_key: 'leases',
        timestamp: 0,
        policy: 'lease_or_idle',
        leases: [
          { slice: 'princeton_sirius', from: 10, until: 20 },
          { slice: 'site_b', from: 20, until: 30 },
        ],
      },
      unreadable: [],
    });
    expect(document.remarks).toEqual([]);
  });

  test('without a policy stop nobody, and with the policy none, or none at all, mean nothing', () => {
    expect(leases('', '').leases?.record.policy).toBe('lease_or_shared');
    expect(leases('', ' policy="none"').leases).toBeUndefined();
    expect(read(aSlice()).leases).toBeUndefined();
  });

  test.each([
    [
      'of a bad name',
      lease('x', '10', '20'),
      /a lease of slice "x" cannot be used: a name is like/,
    ],
    [
      'without a time',
      '<lease slice="site_b" from="10"/>',
      /it is from "10" until "", not seconds/,
    ],
    [
      'in milliseconds',
      lease('site_b', '1', '1700000000000'),
      /until "1700000000000", not seconds/,
    ],
    ['that ends before it begins', lease('site_b', '20', '10'), /it ends at 10, and begins at 20/],
  ])('a lease %s is left out alone', (_what, bad, why) => {
    const document = leases(bad + lease('site_c', '10', '20'));
    expect(document.leases?.record.leases).toEqual([{ slice: 'site_c', from: 10, until: 20 }]);
    expect(textsOf(document.remarks)).toEqual([expect.stringMatching(why)]);
  });

  test('of a policy that nobody knows leave the known one, and too many are cut', () => {
    const { leases: judged, remarks } = leases('', ' policy="lease_or_else"');
    expect(judged?.unreadable).toEqual(['policy']);
    expect(textsOf(remarks)).toEqual([expect.stringMatching(/"lease_or_else" is none of/)]);
    const many = Array.from({ length: 1001 }, (_, n) => lease('site_b', `${n}`, `${n + 1}`));
    const cut = leases(many.join(''));
    expect(cut.leases?.record.leases).toHaveLength(1000);
    expect(textsOf(cut.remarks)).toEqual([expect.stringMatching(/1 leases are cut/)]);
  });

  test('of two elements are all, by the policy of the first one, and another policy is told', () => {
    const more = (policy: string) =>
      `<leases policy="${policy}">${lease('site_b', '10', '20')}</leases>`;
    const document = read(`${more('lease_or_idle')}${more('lease_or_idle')}\n${more('none')}`);
    expect(document.leases?.record).toMatchObject({
      policy: 'lease_or_idle',
      leases: { length: 3 },
    });
    expect(textsOf(document.remarks)).toEqual([
      'line 4: the reservation policy "none" comes after "lease_or_idle", which counts',
    ]);
    expect(textsOf(read(`${more('none')}${more('lease_or_idle')}`).remarks)).toHaveLength(1);
  });

  test('of too many, those that were over first when the document came make room, and no more than is needed', () => {
    const many = Array.from({ length: 1100 }, (_, n) => lease('site_b', `${n}`, `${n + 1}`));
    const bytes = aDocument(`<leases>${many.join('')}</leases>`);
    const counted = (asOf: number) => {
      const { leases, remarks } = accepted(bytes, epochSeconds(asOf));
      const { length, 0: first } = leases?.record.leases ?? [];
      return [first?.from, length, remarks.length];
    };
    expect([0, 40, 100, 100_000].map(counted)).toEqual([
      [0, 1000, 1],
      [40, 1000, 1],
      [100, 1000, 0],
      [100, 1000, 0],
    ]);
  });
});

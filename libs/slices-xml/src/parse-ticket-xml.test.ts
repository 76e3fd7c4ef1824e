/** What a ticket says, and that it is refused as a whole where slices.xml would leave something out. */
import { Buffer } from 'node:buffer';
import { MAX_DELEGATIONS } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { aKey, anSshKey, aResource, aSlice } from './document-builder.test-support.ts';
import { parseSlicesXml, parseTicketXml, TICKET_METHODS } from './index.ts';

const TIMES = ' id="12" expiry="1900000000"';
const aTicket = (inside: string, root = 'issued="1800000000"') =>
  Buffer.from(`<ticket ${root}>${inside}</ticket>`);
const slice = (special: Parameters<typeof aSlice>[0] = {}) =>
  aSlice({ attributes: TIMES, ...special });

function contentOf(inside: string, root?: string) {
  const document = parseTicketXml(aTicket(inside, root));
  if (!document.ok) throw new Error(document.reason);
  return document.content;
}
function reasonOf(inside: string, root?: string): string {
  const document = parseTicketXml(aTicket(inside, root));
  return document.ok ? 'accepted' : document.reason;
}

describe('what a ticket says', () => {
  test('the slice as in slices.xml, when it was issued, and all its nodes', () => {
    const nodes = '<nodes><node id="1"/><node id="17" hostname="b.example"/></nodes>';
    const rspec = `<rspec>${aResource('nm_cpu_share', [64])}</rspec>`;
    expect(contentOf(slice({ nodes, inside: rspec }) + aKey(anSshKey()))).toEqual({
      name: 'princeton_sirius',
      id: 12,
      expiry: 1_900_000_000,
      issued: 1_800_000_000,
      nodes: [{ id: 1 }, { id: 17, hostname: 'b.example' }],
      ssh_keys: anSshKey(),
      rspec: { nm_cpu_share: 64 },
      initscript: '',
      image: 'default',
      delegations: [],
    });
  });

  test('what means nothing here, and white space around a key, refuse no ticket', () => {
    const inside = `<rspec>${aResource('vsys', ['a'])}${aResource('initscript', [42])}</rspec>`;
    const { ssh_keys, rspec, initscript } = contentOf(
      `${slice({ inside })}${aKey(`${anSshKey()}&#13;&#10;`)}${aKey('PGP', '5', 'gpg')}`,
    );
    expect({ ssh_keys, rspec, initscript }).toEqual({
      ssh_keys: anSshKey(),
      rspec: {},
      initscript: '',
    });
  });

  test('the namespace may be that of slices.xml', () => {
    const root = 'xmlns="http://www.planet-lab.org/xml" issued="1"';
    expect(contentOf(slice(), root)).toEqual({ ...contentOf(slice()), issued: 1 });
  });

  test('a delegate may do with the sliver what a ticket is for, or what its methods name', () => {
    const inside =
      '<delegates><delegate name="del_a"/><delegate name="del_b" methods=" GetRSpec  SetLoans "/>' +
      '<delegate name="del_b" methods="GetRSpec"/></delegates>';
    expect(contentOf(slice({ inside })).delegations).toEqual([
      ...TICKET_METHODS.map((method) => ['del_a', method]),
      ['del_b', 'GetRSpec'],
      ['del_b', 'SetLoans'],
    ]);
  });

  test('delegates mean nothing in slices.xml, and a ticket is no slices.xml', () => {
    const inside = '<delegates><delegate name="del_a"/></delegates>';
    const document = Buffer.from(`<planetlab_slices>${slice({ inside })}</planetlab_slices>`);
    const read = parseSlicesXml(document, 17);
    expect(read.ok && read.slices[0]).not.toHaveProperty('delegations');
    expect(parseTicketXml(document)).toMatchObject({
      reason: expect.stringMatching(/not <ticket>/),
    });
    expect(parseSlicesXml(aTicket(slice()), 17)).toMatchObject({ ok: false });
  });
});

describe('a ticket is refused', () => {
  const delegates = (inside: string) => slice({ inside: `<delegates>${inside}</delegates>` });
  const many = Array.from(
    { length: MAX_DELEGATIONS + 1 },
    (_, each) => `<delegate name="d_${each}" methods="Stop"/>`,
  );

  test.each([
    ['without a slice', aKey(anSshKey()), /^it has no <slice>$/],
    ['with two slices', slice() + slice({ name: 'mit_dht' }), /^it has more than one <slice>$/],
    ['whose slice never expires', aSlice(), /^its slice has no expiry$/],
    ['whose slice has no id', aSlice({ attributes: ' expiry="1900000000"' }), /its id is missing/],
    ['without nodes', slice({ nodes: '' }), /^its slice names no node$/],
    ['with a node without an id', slice({ nodes: '<nodes><node/></nodes>' }), /<node> has no id$/],
    [
      'with a node whose id is none',
      slice({ nodes: '<nodes><node id="x"/></nodes>' }),
      /<node> has id "x"$/,
    ],
    [
      'with a node whose name is none',
      slice({ nodes: '<nodes><node id="1" hostname="a b"/></nodes>' }),
      /no node can be named "a b"$/,
    ],
    [
      'with a broken key',
      slice() + aKey('ssh-rsa AAAA'),
      /^a key of person "5" cannot be used: its type is cut off$/,
    ],
    [
      'with a broken key among good ones',
      slice() + aKey(anSshKey()) + aKey('ssh-rsa A u@h'),
      /^a key of person "5" cannot be used: its base64 does not decode$/,
    ],
    ['with a bad expiry', aSlice({ attributes: ' id="1" expiry="soon"' }), /its expiry is "soon"/],
    ['with a key of nobody', `${slice()}<key type="ssh" value="x"/>`, /<key> without person_id/],
    [
      'with a value that is ignored',
      slice({ inside: `<rspec>${aResource('nm_cpu_share', [-1])}</rspec>` }),
      /makes no sense/,
    ],
    ['with a delegate without a name', delegates('<delegate/>'), /<delegate> has no name$/],
    [
      'with a delegate whose name is none',
      delegates('<delegate name="root"/>'),
      /no caller can be named "root"$/,
    ],
    [
      'with a method whose name is none',
      delegates('<delegate name="a_b" methods="rm-rf"/>'),
      /no method can be named "rm-rf"$/,
    ],
    [
      'with empty methods',
      delegates('<delegate name="a_b" methods=" "/>'),
      /its methods are empty$/,
    ],
    ['with more delegates than a record holds', delegates(many.join('')), /more than 1000 methods/],
    ['that is not well-formed', '<slice>', /not well-formed/],
  ])('%s', (_what, inside, why) => {
    expect(reasonOf(inside)).toMatch(why);
  });

  test.each([
    ['', /its root has no `issued`/],
    ['issued="now"', /its `issued` is "now", not seconds since 1970$/],
    ['issued="1900000000"', /it expires \(1900000000\) before it is issued/],
  ])('issued like this: %s', (root, why) => {
    expect(reasonOf(slice(), root)).toMatch(why);
  });

  test('as soon as it is not UTF-8', () => {
    expect(parseTicketXml(Buffer.from([0xff]))).toEqual({ ok: false, reason: 'it is not UTF-8' });
  });
});

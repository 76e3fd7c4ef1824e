/** `nmctl ticket` with real keys and files: what is signed, what is believed, and what is delivered. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@nodemgr/faults';
import { decodeCall } from '@nodemgr/xml-rpc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NOW } from '../test-support/builders.ts';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';

const SECONDS = Math.floor(NOW / 1000);
const BLOB = Buffer.concat([
  Buffer.from([0, 0, 0, 11]),
  Buffer.from('ssh-ed25519'),
  Buffer.from([0, 0, 0, 32]),
  Buffer.alloc(32, 7),
]).toString('base64');

const SLICE = `<?xml version="1.0"?>
<!-- what the operator thinks of it -->
<slice name="princeton_guest" id="99" xmlns="http://www.planet-lab.org/xml">
  <nodes><node id="3"/></nodes>
  <users><user person_id="5"/></users>
  <key person_id="5" type="ssh" value="ssh-ed25519 ${BLOB} u@host"/>
  <rspec><resource name="nm_cpu_share"><value type="integer">8</value></resource>
    <resource name="initscript"><value type="string"><![CDATA[a && b > "c"]]></value></resource></rspec>
  <delegates><delegate name="del_broker"/></delegates>
</slice>`;

let node: FakeNode;
let key: string;
let trusted: string;

function put(name: string, text: string, mode = 0o600): string {
  const file = join(node.folder, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

function putKeys(name: string): readonly [privateFile: string, publicFile: string] {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = (half: KeyObject, type: 'pkcs8' | 'spki') =>
    half.export({ type: type as 'spki', format: 'pem' }).toString();
  return [put(`${name}.key`, pem(privateKey, 'pkcs8')), put(`${name}.pem`, pem(publicKey, 'spki'))];
}

beforeEach(() => {
  node = new FakeNode();
  [key, trusted] = putKeys('authority');
});
afterEach(() => node.stop());

/** Signs a draft as the tests mostly want it; returns the file with the ticket. */
async function signed(draft = SLICE, ...options: readonly string[]): Promise<string> {
  const file = put('draft.xml', draft);
  const given = options.length > 0 ? options : ['--node', '17,18', '--expiry', '30d'];
  const { code, out, err } = await node.run('ticket', 'sign', '--key', key, ...given, file);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return put('ticket.xml', out);
}

const verify = (file: string, ...options: readonly string[]) =>
  node.run('ticket', 'verify', '--keys', trusted, ...options, file);

test.each([
  [
    'PLC 3',
    '<ticket><a b="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/></ticket>',
    'ticket of PLC 3',
  ],
  [
    'PLC 4',
    '-----BEGIN PGP MESSAGE-----\n\nowNC\n-----END PGP MESSAGE-----\n',
    'PGP ticket of PLC 4',
  ],
  [
    'SFA',
    '<?xml version="1.0"?><signed-credential><credential/></signed-credential>',
    'SFA credential',
  ],
])(
  'a ticket of %s is refused with what it is, whatever is to be done with it',
  async (_whose, text, what) => {
    const file = put('ticket', text);
    for (const words of [
      ['verify', '--keys', trusted, '--node', '17'],
      ['show'],
      ['deliver'],
      ['sign', '--key', key],
    ]) {
      const { code, out, err } = await node.run('ticket', ...words, file);
      expect({ words, code, out }).toEqual({ words, code: 1, out: '' });
      expect(err).toMatch(
        new RegExp(`^nmctl: the ticket is refused: this is an? ${what}[^\n]*\n$`),
      );
    }
  },
);

describe('sign', () => {
  test('makes of a <slice> a ticket that the nodes named on the command line take', async () => {
    const ticket = await signed();
    for (const id of ['17', '18']) {
      expect(await verify(ticket, '--node', id)).toMatchObject({ code: 0, err: '' });
    }
    expect(await verify(ticket, '--node', '3')).toEqual({
      code: 1,
      out: '',
      err: 'nmctl: the ticket is refused: it does not name this node (3)\n',
    });
  });

  test('keeps what the draft itself says of nodes, expiry and issue', async () => {
    const slice = SLICE.replace(/^<\?xml.*\n/, '').replace(
      ' xmlns="http://www.planet-lab.org/xml"',
      '',
    );
    const draft = `<ticket issued="${SECONDS - 9}">${slice.replace('id="99"', `id="99" expiry="${SECONDS + 9}"`)}</ticket>`;
    const { out } = await node.run('--json', 'ticket', 'show', await signed(draft, '--node', '17'));
    expect(JSON.parse(out)).toMatchObject({ issued: SECONDS - 9, expiry: SECONDS + 9 });
    const own = await signed(draft, '--expiry', '8h');
    const shown = JSON.parse((await node.run('--json', 'ticket', 'show', own)).out);
    expect(shown.nodes).toEqual([{ id: 3 }]);
  });

  test('with --json prints the same ticket as one document', async () => {
    const file = put('draft.xml', SLICE);
    const { out } = await node.run(
      '--json',
      'ticket',
      'sign',
      '--key',
      key,
      '--expiry',
      '1d',
      file,
    );
    const { ticket } = JSON.parse(out) as { ticket: string };
    expect(await verify(put('ticket.xml', ticket), '--node', '3')).toMatchObject({ code: 0 });
  });

  test.each([
    [
      'a private key that everybody may read',
      () => chmodSync(key, 0o644),
      'everybody on this machine',
    ],
    [
      'a private key that everybody may write',
      () => chmodSync(key, 0o602),
      'everybody on this machine',
    ],
    [
      'a key that is none',
      () => put('authority.key', 'no key'),
      'the signing key: it is no private key',
    ],
    ['a key that is not there', () => node.folder, 'ENOENT'],
  ])('refuses %s', async (what, spoil, reason) => {
    spoil();
    const file = put('draft.xml', SLICE);
    const used = what.endsWith('not there') ? `${key}.gone` : key;
    const { code, out, err } = await node.run('ticket', 'sign', '--key', used, file);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(reason);
  });

  test('a key that a group may read is taken', async () => {
    chmodSync(key, 0o640);
    await signed();
  });

  test.each([
    ['no end', SLICE, 'its slice has no expiry'],
    [
      'another root',
      '<planetlab_slices/>',
      'its root is <planetlab_slices>, not <ticket> or <slice>',
    ],
    ['a declaration', `<!DOCTYPE a><slice/>`, '<!DOCTYPE is not allowed'],
    ['a document that is cut short', SLICE.slice(0, -3), 'it is not well-formed'],
    ['two roots', `<slice/><slice/>`, 'it is not well-formed'],
    [
      'another namespace',
      '<slice xmlns="x" expiry="2000000000"/>',
      'the root is in the namespace "x"',
    ],
    ['too much', ' '.repeat(256 * 1024 + 1), 'is larger than 262144 bytes'],
  ])('refuses a draft with %s', async (_what, draft, reason) => {
    const file = put('draft.xml', draft);
    const { code, out, err } = await node.run('ticket', 'sign', '--key', key, file);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(reason);
  });

  test('refuses what is signed already', async () => {
    const { code, err } = await node.run('ticket', 'sign', '--key', key, await signed());
    expect([code, err]).toEqual([1, 'nmctl: the ticket is signed already\n']);
  });

  test.each([
    ['--node', '17,x'],
    ['--node', ''],
    ['--expiry', 'tomorrow'],
  ])('refuses %s %j as usage', async (option, value) => {
    const file = put('draft.xml', SLICE);
    expect((await node.run('ticket', 'sign', '--key', key, option, value, file)).code).toBe(2);
  });
});

describe('verify', () => {
  test('goes by the node’s configuration where the command line says nothing', async () => {
    const ticket = await signed();
    const config = execFileSync('cat', [node.configFile], { encoding: 'utf8' });
    put('nodemgr.toml', `${config}[tickets]\ntrusted_keys_file = "${trusted}"\n`);
    const { code, out } = await node.run('ticket', 'verify', ticket);
    expect(code).toBe(0);
    expect(out).toMatch(/^valid: princeton_guest on node 17, until .* by the key [0-9a-f]{64}\n$/);
    expect(JSON.parse((await node.run('--json', 'ticket', 'verify', ticket)).out)).toMatchObject({
      valid: true,
      slice: 'princeton_guest',
      node: 17,
    });
  });

  test('waits for no pipe that the configuration names as its keys', async () => {
    const ticket = await signed();
    const pipe = join(node.folder, 'pipe.pem');
    execFileSync('mkfifo', [pipe]);
    const config = execFileSync('cat', [node.configFile], { encoding: 'utf8' });
    put('nodemgr.toml', `${config}[tickets]\ntrusted_keys_file = "${pipe}"\n`);
    const { code, err } = await node.run('ticket', 'verify', ticket);
    expect(code).not.toBe(0);
    expect(err).toContain(`${pipe}: it is not a regular file`);
  });

  test('says in one line why a ticket does not count', async () => {
    const [, strangers] = putKeys('stranger');
    const ticket = await signed();
    const untrusted = await node.run(
      'ticket',
      'verify',
      '--keys',
      strangers,
      '--node',
      '17',
      ticket,
    );
    expect(untrusted).toMatchObject({
      code: 1,
      err: 'nmctl: the ticket is refused: no key that this node trusts has signed it\n',
    });
    const unsigned = await verify(
      put('draft.xml', '<ticket issued="1"><slice/></ticket>'),
      '--node',
      '17',
    );
    expect(unsigned).toMatchObject({
      code: 1,
      err: 'nmctl: the ticket is refused: it is not signed\n',
    });
    const asJson = await node.run('--json', 'ticket', 'verify', '--keys', strangers, ticket);
    expect(JSON.parse(asJson.out)).toEqual({
      valid: false,
      why: expect.stringContaining('trusts'),
    });
  });

  test('without keys and without a node of its own says what it needs, as usage', async () => {
    const ticket = await signed();
    const elsewhere = ['--config', join(node.folder, 'none.toml'), 'ticket', 'verify'];
    const { code, err } = await node.runHere(...elsewhere, '--node', '17', ticket);
    expect(code).toBe(2);
    expect(err).toContain('--keys is needed: there is no configuration at');
    const whole = await node.runHere(...elsewhere, '--node', '17', '--keys', trusted, ticket);
    expect(whole.code).toBe(0);
  });
});

describe('show', () => {
  test('shows what a ticket grants, and who vouches for it', async () => {
    const { code, out, err } = await node.run('ticket', 'show', '--keys', trusted, await signed());
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^princeton_guest, a ticket for slice 99\n/);
    expect(out).toMatch(/^signature +verified: by the key [0-9a-f]{64} of .*authority.pem$/m);
    expect(out).toMatch(/^nodes +17, 18$/m);
    expect(out).toMatch(/^delegations +del_broker may CreateSliver, DeleteSliver, Start, Stop$/m);
    expect(out).toMatch(/^start script +1 line$/m);
    expect(out).toMatch(/^ +nm_cpu_share +8/m);
  });

  test('names users’ keys as ssh-keygen does', async () => {
    const { out } = await node.run('ticket', 'show', await signed());
    const fingerprint = 'SHA256:gNSIRW+2Iyiuvsdp/bgjy38bvWHw6wQm3tuoXrl3WjQ';
    expect(out).toContain(`  ssh-ed25519  ${fingerprint}  u@host\n`);
  });

  test('says so where nothing was verified, and why', async () => {
    const ticket = await signed();
    const unknown = await node.run('ticket', 'show', ticket);
    expect(unknown.code).toBe(0);
    expect(unknown.out).toMatch(/^signature +not verified: ENOENT/m);
    const [, strangers] = putKeys('stranger');
    const untrusted = await node.run('ticket', 'show', '--keys', strangers, ticket);
    expect(untrusted.out).toMatch(/^signature +not verified: .*no key that this node trusts/m);
    const draft = `<ticket issued="1"><slice name="a_b" id="1" expiry="9"><nodes><node id="1"/></nodes></slice></ticket>`;
    const unsigned = await node.run('ticket', 'show', put('draft.xml', draft));
    expect(unsigned.out).toMatch(/^signature +none: nobody vouches for what follows$/m);
    const { out } = await node.run('--json', 'ticket', 'show', ticket);
    expect(JSON.parse(out)).toMatchObject({ slice: 'princeton_guest', verified: false });
  });

  test('a ticket that has expired, or is for other nodes, is shown as verified all the same', async () => {
    const ticket = await signed(SLICE, '--node', '1', '--expiry', '1s');
    const { out } = await node.run('--json', 'ticket', 'show', '--keys', trusted, ticket);
    expect(JSON.parse(out)).toMatchObject({ verified: true, nodes: [{ id: 1 }] });
  });

  test('keys that were named and cannot be read are an error', async () => {
    const { code } = await node.run('ticket', 'show', '--keys', '/nowhere.pem', await signed());
    expect(code).toBe(1);
  });

  test('nothing in a ticket can steer a terminal', async () => {
    const ticket = await signed(SLICE.replace('u@host', 'u@host\u202e'));
    expect((await node.run('ticket', 'show', ticket)).out).toContain('u@host\\u{202e}\n');
  });
});

describe('deliver', () => {
  test('hands the very text of the ticket to the API', async () => {
    const ticket = await signed();
    let told: readonly unknown[] = [];
    await node.start(theDaemons());
    await node.startApi((request) => {
      const { method, params } = decodeCall(Buffer.from(request), {
        maxDepth: 9,
        maxValues: 99,
        maxText: 1 << 20,
      });
      told = [method, ...params];
      return 1;
    });
    expect(await node.run('ticket', 'deliver', ticket)).toEqual({
      code: 0,
      out: 'delivered: princeton_guest; unless PLC has set it up, CreateSliver does\n',
      err: '',
    });
    expect(told).toEqual(['Ticket', execFileSync('cat', [ticket], { encoding: 'utf8' })]);
    expect(JSON.parse((await node.run('--json', 'ticket', 'deliver', ticket)).out)).toEqual({
      delivered: 'princeton_guest',
    });
  });

  test('tells the node’s refusal, exits 4', async () => {
    const ticket = await signed();
    await node.start(theDaemons());
    await node.startApi(() => {
      throw new Fault('permission-denied', 'the ticket is refused');
    });
    expect(await node.run('ticket', 'deliver', ticket)).toEqual({
      code: 4,
      out: '',
      err: 'nmctl: fault 108: the ticket is refused\n',
    });
  });

  test('of what is no ticket calls nobody, and of a node that is away exits 3', async () => {
    const none = await node.run('ticket', 'deliver', put('x.xml', '<slice/>'));
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining('the root is <slice>') });
    expect((await node.run('ticket', 'deliver', await signed())).code).toBe(3);
  });
});

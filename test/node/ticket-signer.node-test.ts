/** The authority's ticket signer, as its package on a machine: it is a node too, which takes what it signs. */
import { createHash } from 'node:crypto';
import { PAUSE_MS } from '@nodemgr/daemon';
import { beforeAll, expect, inject, test } from 'vitest';
import { sliceXml } from '../support/slices-document.ts';
import { runningSlivers } from './machine/look-at-slivers.ts';
import {
  SERVICE,
  SIGNER,
  SIGNER_CONFIG,
  SIGNER_FOLDER,
  SIGNER_UNITS,
  SignerOperator,
} from './machine/signer-operator.ts';
import { SignerParties } from './machine/signer-parties.ts';
import { added, type Snapshot, takeSnapshot } from './machine/snapshot.ts';
import { theTestbed } from './the-node.ts';

const NAME = 'lab_bought';
const SLICE = sliceXml({ name: NAME, id: 4711 });
const NODE_KEYS = '/etc/nodemgr/ticket-keys.pem';
const KEYS = ['ca.pem', 'key.pem', 'server.key', 'server.pem'].map(
  (name) => `${SIGNER_FOLDER}/${name}`,
);
/** In a minute, more than it once took to close the sockets. */
const KILLS = 8;
const { signerDeb } = inject('machine');
const node = theTestbed();
const { machine } = node;
const operator = new SignerOperator(machine);

let before: Snapshot;
let parties: SignerParties;

const pidOf = () => machine.root(['systemctl', 'show', '-P', 'MainPID', SERVICE]);
const everybodyIsServed = async () => expect(await parties.listedAsk()).toEqual([200, 200]);

beforeAll(async () => {
  before = await takeSnapshot(machine);
  parties = await SignerParties.make(machine, SLICE);
});

test('installed, it neither runs nor is enabled, and says what it lacks and how to begin', async () => {
  const said = await operator.install(signerDeb);
  expect(said).toMatch(/^nodemgr-ticket-signer: \S+\.toml: callers: missing; wants [^\n]+$/m);
  expect(said).toMatch(
    /^nodemgr-ticket-signer: systemctl enable --now nodemgr-ticket-signer\.socket/m,
  );
  expect(await operator.stateOf('UnitFileState')).toEqual(SIGNER_UNITS.map(() => 'disabled'));
  expect(await operator.stateOf('ActiveState')).toEqual(SIGNER_UNITS.map(() => 'inactive'));
  expect(await machine.root(['dpkg', '--verify', SIGNER])).toBe('');
  await machine.root(['man', '--where', '8', SIGNER]);
});

test('its operator does what the manual says, and a connection starts it', async () => {
  const publicKey = await operator.makeKey();
  await operator.configure(await parties.setUp());
  expect(await operator.begin()).toMatch(/: good; 2 callers, signs with the key [0-9a-f]{64}$/m);
  await machine.write(NODE_KEYS, publicKey);
  await machine.root(['systemctl', 'stop', SERVICE]);
  await everybodyIsServed();
});

test('a listed user gets a ticket that the node takes, and its signature is in the journal', async () => {
  const { body } = await parties.broker.ask(SLICE);
  await node.api.call('Ticket', body);
  await node.api.call('CreateSliver', NAME);
  await node.converged();
  expect(await runningSlivers(machine)).toContain(NAME);
  await node.api.call('DeleteSliver', NAME);
  await node.converged();
  const sha256 = createHash('sha256').update(body).digest('hex');
  // An RSA key makes the same ticket of the same words: another caller may have got it in the same second.
  const line = { msg: 'signed', caller: 'broker', slice: NAME, node_ids: [17], sha256 };
  expect(await operator.said()).toContainEqual(expect.objectContaining(line));
});

test('whoever is not listed gets nothing: another user, another certificate, none', async () => {
  const refused = { status: 403, body: 'you are not on the list of callers\n' };
  expect(await parties.unlistedAsk()).toMatchObject([refused, refused]);
  expect(await parties.uncertifiedAsk()).toEqual(['rejected', 'rejected']);
  const line = { msg: 'refused', caller: `uid ${parties.stranger.uid}`, status: 403 };
  expect(await operator.said()).toContainEqual(expect.objectContaining(line));
});

test('it runs as its own user without a capability, and nobody else can read its keys', async () => {
  const uid = await machine.root(['id', '--user', SIGNER]);
  const status = await machine.read(`/proc/${await pidOf()}/status`);
  expect(status).toMatch(new RegExp(`^Uid:(\\t${uid}){4}$`, 'm'));
  expect(status.match(/^Cap\w+:\t0{16}$/gm)).toHaveLength(5);
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  for (const user of ['broker', 'nobody', 'nodemgr-api']) {
    for (const key of ['key.pem', 'server.key']) {
      const read = await machine.ssh(['runuser', '-u', user, 'cat', `${SIGNER_FOLDER}/${key}`]);
      expect(read).toMatchObject({ code: 1, stdout: '' });
    }
  }
});

test(`killed ${KILLS} times in a row, it answers the next request each time`, async () => {
  const start = performance.now();
  for (let killed = 0; killed < KILLS; killed += 1) {
    const pid = await pidOf();
    await machine.root(['systemctl', 'kill', '--signal=KILL', SERVICE]);
    await everybodyIsServed();
    expect(await pidOf()).not.toBe(pid);
  }
  console.log(`${KILLS} kills: ${((performance.now() - start) / KILLS / 1000).toFixed(1)} s each`);
});

test('a broken configuration is told in one line, and callers who wait are served once it is repaired', async () => {
  const why =
    /^nodemgr-ticket-signer: \S+: callers\.0\.slices\.0: "lab\*" is not allowed; wants [^\n]+\n$/;
  const good = await machine.read(SIGNER_CONFIG);
  await machine.write(SIGNER_CONFIG, good.replace('"lab_*"', '"lab*"'));
  expect(await operator.check()).toMatchObject({ code: 78, stderr: expect.stringMatching(why) });
  const start = performance.now();
  expect(await machine.ssh(['systemctl', 'restart', SERVICE])).toMatchObject({ code: 1 });
  const waiting = everybodyIsServed();
  const lines = async () =>
    (await machine.journal(SERVICE, '--output=cat')).match(/^nodemgr-ticket-signer: .*"lab\*"/gm);
  // Once for the operator who restarted it, and again for whoever waits, but not without a pause.
  const told = expect.poll(async () => (await lines())?.length, { timeout: 90_000 });
  await told.toBeGreaterThan(2);
  const pauses = (performance.now() - start) / PAUSE_MS;
  expect((await lines())?.length).toBeLessThanOrEqual(1 + pauses);
  await machine.write(SIGNER_CONFIG, `${good}\n`);
  await waiting;
});

test('an upgrade, and the way back, replace its process and keep its sockets', async () => {
  const [sockets, pid] = [await operator.stateOf('InvocationID'), await pidOf()];
  await operator.install(signerDeb, '+upgrade');
  expect(await pidOf()).not.toBe(pid);
  await everybodyIsServed();
  await operator.install(signerDeb);
  await everybodyIsServed();
  expect((await operator.stateOf('InvocationID')).slice(0, 2)).toEqual(sockets.slice(0, 2));
});

test('removed, it is stopped, and its keys stay; installed again, it serves as before', async () => {
  await operator.apt('remove', SIGNER);
  expect(await operator.stateOf('ActiveState')).toEqual(SIGNER_UNITS.map(() => 'inactive'));
  expect(await machine.ssh(['pgrep', '-u', SIGNER])).toMatchObject({ code: 1 });
  await machine.root(['ls', ...KEYS]);
  await operator.install(signerDeb);
  await everybodyIsServed();
});

test('purged, it leaves its keys and their user, says so, and how to remove them', async () => {
  await Promise.all([parties.remove(), machine.root(['rm', NODE_KEYS])]);
  const said = await operator.apt('purge', SIGNER);
  const left = added(before, await takeSnapshot(machine));
  expect(left.files).toEqual([SIGNER_FOLDER, ...KEYS]);
  expect(left.accounts.filter((line) => !line.includes(`:${SIGNER}:`))).toEqual([]);
  expect(said).toContain(['stay, and their user:', ...KEYS, ''].join('\n'));
  const [, advice = ''] = /^nodemgr-ticket-signer: to remove them: (.*)$/m.exec(said) ?? [];
  await machine.shell(advice);
  expect(added(before, await takeSnapshot(machine))).toEqual({ files: [], accounts: [] });
});

/** What logins to slivers cost others: bandwidth, places at sshd, and other people's way in. */
import { bandwidthOperatorContract, type Traffic, trafficSchema } from '@nodemgr/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './machine/eventually.ts';
import { baseOf, slotOf } from './machine/look-at-slivers.ts';
import { filesOf } from './machine/node-machine.ts';
import { SshDoor } from './machine/ssh-door.ts';
import { publishTestbed, theTestbed } from './the-node.ts';

const [SLOW, OTHER, DISABLED] = ['lab_s01', 'lab_s02', 'lab_s14'] as const;
/** bit/s. */
const MAX = 1_000_000;
const BYTES = 600_000;
const node = theTestbed({
  [SLOW]: { rspec: { nm_net_max_rate: MAX } },
  [DISABLED]: { rspec: { nm_enabled: 0 } },
});

type Sent = Readonly<Record<string, number | undefined>>;

/** sentBy returns what has been sent, in bytes: by the slivers, and by the node itself. */
function sentBy({ slivers, tree }: Pick<Traffic, 'slivers' | 'tree'>): Sent {
  const all = slivers.map(({ name, ordinary }) => [name, ordinary?.counters?.sent_bytes] as const);
  return { ...Object.fromEntries(all), node: tree?.node.ordinary.counters?.sent_bytes };
}

const sent = async (): Promise<Sent> =>
  sentBy(await node.ask('bwcap-agent', bandwidthOperatorContract, 'traffic', {}));

/** Sends `BYTES` out of a sliver by ssh, and returns the rate at which they came, in bit/s. */
async function pulled(sliver: string): Promise<number> {
  const began = Date.now();
  const { code, stdout } = await node.in(sliver, `head -c ${BYTES} /dev/zero`);
  expect([code, stdout.length]).toEqual([0, BYTES]);
  return (BYTES * 8000) / (Date.now() - began);
}

test('what ssh carries out of a sliver is charged to it, and is held to its ceiling', async () => {
  const before = await sent();
  const rate = await pulled(SLOW);
  const after = await sent();
  const grown = (who: string) => (after[who] ?? 0) - (before[who] ?? 0);
  console.log(`ceiling ${MAX} bit/s: ssh brought ${Math.round(rate)} bit/s`);
  // Less than all: the login takes its time. More is what a burst may be.
  expect(rate).toBeLessThan(MAX * 1.1);
  expect(grown(SLOW)).toBeGreaterThan(BYTES);
  expect(grown('node')).toBeLessThan(BYTES / 2);
});

test('several logins at once share their sliver’s ceiling, and another sliver’s are charged to that one', async () => {
  const before = await sent();
  const began = Date.now();
  await Promise.all([pulled(SLOW), pulled(SLOW), pulled(OTHER)]);
  const seconds = (Date.now() - began) / 1000;
  const after = await sent();
  expect((2 * BYTES * 8) / seconds).toBeLessThan(MAX * 1.1);
  expect((after[OTHER] ?? 0) - (before[OTHER] ?? 0)).toBeGreaterThan(BYTES);
});

test('a connection that is kept for many sessions is its sliver’s from the first to the last', async () => {
  await node.stayIn(SLOW);
  try {
    const before = (await sent())[SLOW] ?? 0;
    await pulled(SLOW);
    await pulled(SLOW);
    expect(((await sent())[SLOW] ?? 0) - before).toBeGreaterThan(2 * BYTES);
  } finally {
    await node.leave(SLOW);
  }
});

test('what root’s ssh sends is the node’s, and nmctl bandwidth tells programs so', async () => {
  const before = await sent();
  const { stdout } = await node.machine.ssh(['head', '-c', String(BYTES), '/dev/zero']);
  expect(stdout).toHaveLength(BYTES);
  const told = await node.nmctl('--json', 'bandwidth', '--seconds', '0');
  const after = sentBy(trafficSchema.omit({ at: true }).parse(JSON.parse(told.stdout)));
  expect((after['node'] ?? 0) - (before['node'] ?? 0)).toBeGreaterThan(BYTES);
  expect(after[SLOW]).toBeGreaterThanOrEqual(before[SLOW] ?? Number.NaN);
});

test('the maps of user ids and of marks say the same of each sliver', async () => {
  const base = baseOf(await slotOf(node.machine, SLOW));
  const listed = await node.machine.root([
    'nft',
    'list',
    'map',
    'inet',
    'nodemgr',
    'ordinary_logins',
  ]);
  expect(listed).toMatch(
    new RegExp(`(${base}|0x${base.toString(16).padStart(8, '0')}) comment "${SLOW}"`),
  );
});

test('logins to a disabled sliver are refused with the reason, and shut nobody else out', async () => {
  for (let attempt = 0; attempt < 6; attempt += 1) {
    expect(await node.in(DISABLED, 'true')).toMatchObject({
      code: 126,
      stderr: expect.stringMatching(
        new RegExp(
          `^sliver-shell: ${DISABLED} is disabled by PLC since \\S+Z: nm_enabled is 0, which nobody else can change\\n$`,
        ),
      ),
    });
  }
  expect(await node.in(OTHER, 'echo let in')).toMatchObject({ code: 0, stdout: 'let in\n' });
  // A new connection of root's, from the address that all those logins came from.
  const root = new SshDoor({
    user: 'root',
    port: node.place.sshPort,
    keyFile: filesOf(node.place).rootKey,
  });
  expect(await root.run(['true'])).toMatchObject({ code: 0 });
});

test('a stopped sliver’s logins are refused with the reason, and shut nobody else out', async () => {
  await node.api.call('Stop', OTHER);
  await node.converged();
  for (let attempt = 0; attempt < 6; attempt += 1) {
    expect(await node.in(OTHER, 'true')).toMatchObject({
      code: 126,
      stderr: expect.stringMatching(
        new RegExp(
          `^sliver-shell: ${OTHER} is stopped by Stop, called by root at \\S+Z; 'ssh ${OTHER}@node start' starts it\\n$`,
        ),
      ),
    });
  }
  await node.api.call('Start', OTHER);
  await node.converged();
  expect(await node.in(OTHER, 'echo let in')).toMatchObject({ code: 0, stdout: 'let in\n' });
});

beforeAll(async () => {
  await eventually(async () => {
    if ((await sent())[SLOW] === undefined) throw new Error(`${SLOW} has no leaf yet`);
  });
});
afterAll(() => publishTestbed(node));

/** Names by PLC's own rule on a real machine: slivers that are called nearly alike, from making to removal. */
import { beforeAll, expect, test } from 'vitest';
import {
  baseOf,
  groupValue,
  leftovers,
  pidsOf,
  quotaOf,
  runningSlivers,
  slotOf,
  uidOf,
} from './machine/look-at-slivers.ts';
import { keepFilesFor } from './machine/prepare-node.ts';
import { run } from './machine/run-command.ts';
import { sshArguments } from './machine/ssh-door.ts';
import { type Differences, PEOPLE, SLIVERS } from './machine/testbed.ts';
import { publishTestbed, theNode } from './the-node.ts';

const NIGHTLY = 'upmc.lip6_x.Nightly';
const LOWER = 'upmc.lip6_x.nightly';
const NAMES: readonly string[] = [
  NIGHTLY,
  LOWER,
  'upmc.lip6_x_Nightly',
  'upmc_lip6_x.Nightly',
  'upmc.lip6_x.Nightly_',
  'upmc.lip6_x.Nightly.service',
  '1000.1000_1',
  'upmc.lip6_Nightly.Nightly.Run_42',
];
/** To make or remove all of them on an emulated machine that others slow down. */
const ALL_MS = 600_000;

const taskLimit = (name: string): number => 500 + NAMES.indexOf(name);
const quota = (name: string): number => 100_000 + taskLimit(name);
const rate = (name: string): number => taskLimit(name) * 10_000;

const node = theNode();
const slots = new Map<string, number>();
/** The slivers of the testbed are left as they are: on a machine that has none, none is made. */
let others: Differences = {};

/** What the document has: of our slices these, and no more. */
function only(names: readonly string[]): Differences {
  const ours = NAMES.map((name) => {
    const rspec = {
      nm_tasks_max: taskLimit(name),
      nm_disk_quota: quota(name),
      nm_net_max_rate: rate(name),
    };
    return [name, names.includes(name) ? { users: [PEOPLE.tenant], rspec } : 'absent'] as const;
  });
  return { ...others, ...Object.fromEntries(ours) };
}

beforeAll(async () => {
  if ((await runningSlivers(node.machine)).length === 0) {
    others = Object.fromEntries(SLIVERS.map((name) => [name, 'absent' as const]));
  }
  await publishTestbed(node, only(NAMES));
  for (const name of NAMES) slots.set(name, await slotOf(node.machine, name));
}, ALL_MS);

test('all of them run, each with a user, an id and an id range of its own', async () => {
  const { machine } = node;
  expect(await runningSlivers(machine)).toEqual(expect.arrayContaining([...NAMES]));
  expect(new Set(slots.values()).size).toBe(NAMES.length);
  const users = (await machine.read('/etc/passwd')).split('\n').map((line) => line.split(':'));
  const ranges = (await machine.read('/etc/subuid')).split('\n');
  for (const [name, slot] of slots) {
    const found = users.filter(([user]) => user === name).map(([, , uid]) => uid);
    expect([name, found]).toEqual([name, [`${uidOf(slot)}`]]);
    expect(ranges).toContain(`${name}:${baseOf(slot)}:65536`);
  }
  expect(await machine.journal('nodemgr-account-supervisor.service')).not.toContain('badname');
});

test('ssh NAME@node lands as root in the sliver of exactly that name, whose host name is its alone', async () => {
  const { sshPort: port } = node.place;
  const hosts: string[] = [];
  for (const name of NAMES) {
    const base = sshArguments({ user: name, port, keyFile: node.keys.tenant });
    const ssh = ['ssh', ...base, '-p', String(port), `${name}@127.0.0.1`];
    const { code, stdout, stderr } = await run([...ssh, 'id -u; hostname; cat /proc/self/uid_map']);
    const [uid, host = '', map = ''] = stdout.split('\n');
    expect([name, code, uid, stderr]).toEqual([name, 0, '0', '']);
    expect(map.trim().split(/\s+/)).toEqual(['0', `${baseOf(slots.get(name) ?? 0)}`, '65536']);
    hosts.push(host);
  }
  expect(hosts[0]).toMatch(/^upmc-lip6-x-nightly/);
  expect(new Set(hosts.map((host) => host.toLowerCase())).size).toBe(NAMES.length);
});

test('processes, control group, disk quota and bandwidth class of each are its own', async () => {
  const { machine } = node;
  const inside = await pidsOf(machine, NAMES);
  const { stdout } = await node.nmctl('--json', 'bandwidth', '--seconds', '0');
  const classes: readonly { name: string; ordinary: { ceil: number } }[] =
    JSON.parse(stdout).slivers;
  for (const name of NAMES) {
    const base = baseOf(slots.get(name) ?? 0);
    const uids = await machine.root(['ps', '-o', 'uid=', '-p', (inside[name] ?? []).join()]);
    for (const uid of uids.split('\n').map(Number)) {
      expect(uid).toBeGreaterThanOrEqual(base);
      expect(uid).toBeLessThan(base + 65_536);
    }
    expect([name, await groupValue(machine, name, 'pids.max')]).toEqual([
      name,
      `${taskLimit(name)}`,
    ]);
    expect([name, (await quotaOf(machine, name)).limit]).toEqual([name, quota(name)]);
    const ceilings = classes
      .filter((one) => one.name === name)
      .map(({ ordinary }) => ordinary.ceil);
    expect([name, ceilings]).toEqual([name, [rate(name)]]);
  }
});

test('Stop stops exactly the sliver that it names, and Start brings it back', async () => {
  const { machine } = node;
  const others = NAMES.filter((name) => name !== NIGHTLY);
  const before = await pidsOf(machine, others);
  await node.api.call('Stop', NIGHTLY);
  await node.converged();
  expect(await runningSlivers(machine)).not.toContain(NIGHTLY);
  await node.api.call('Start', NIGHTLY);
  await node.converged();
  expect(await runningSlivers(machine)).toContain(NIGHTLY);
  expect(await pidsOf(machine, others)).toEqual(before);
});

test(
  'one goes without the others, and in the end all are gone without a trace',
  async () => {
    const { machine } = node;
    await keepFilesFor(machine, 0);
    const before = await pidsOf(machine, NAMES.slice(1));
    let left: readonly string[] = NAMES.slice(1);
    await publishTestbed(node, only(left));
    expect(await pidsOf(machine, left)).toEqual(before);
    while (left.length > 0) {
      // As many as the guard lets go at once.
      left = left.length < 4 ? [] : left.slice(0, Math.ceil(left.length / 2));
      await publishTestbed(node, only(left));
      const running = await runningSlivers(machine);
      expect(running.filter((name) => NAMES.includes(name))).toEqual([...left].sort());
    }
    for (const [name, slot] of slots) {
      await expect
        .poll(() => leftovers(machine, name, slot), { timeout: 90_000, interval: 2000 })
        .toEqual({});
    }
  },
  ALL_MS,
);

/** A memory hog and a fork bomb hurt their own sliver only. */
import { afterAll, expect, test } from 'vitest';
import {
  baseOf,
  groupValue,
  pidsOf,
  SLIVERS_GROUP,
  slotOf,
  unitOf,
} from './machine/look-at-slivers.ts';
import { theTestbed } from './the-node.ts';

const [HOG, BOMBER, NEIGHBOUR, TINY, HUGE] = [
  'lab_s05',
  'lab_s06',
  'lab_s07',
  'lab_s12',
  'lab_s13',
] as const;
/** KiB. */
const MEMORY = 65_536;
const TASKS = 100;
const node = theTestbed({
  [HOG]: { rspec: { nm_mem_max: MEMORY } },
  [BOMBER]: { rspec: { nm_tasks_max: TASKS } },
  [TINY]: { rspec: { nm_tasks_max: 1, nm_mem_max: 1 } },
  [HUGE]: { rspec: { nm_mem_max: Number.MAX_SAFE_INTEGER } },
});

afterAll(async () => {
  await node.api.call('Stop', BOMBER);
  await node.api.call('Start', BOMBER);
});

test('a sliver starts and can be logged in to under the least limits, and none is read back where none can be', async () => {
  const { machine } = node;
  expect(await groupValue(machine, TINY, 'pids.max')).toBe('16');
  expect(await groupValue(machine, TINY, 'memory.max')).toBe(String(8192 * 1024));
  await node.inWell(TINY, 'true');
  expect(await groupValue(machine, HUGE, 'memory.max')).toBe('max');
});

test('a memory hog is killed at its sliver’s limit, and the sliver runs on', async () => {
  const { machine } = node;
  expect(await groupValue(machine, HOG, 'memory.max')).toBe(String(MEMORY * 1024));
  const before = await pidsOf(machine, [HOG, NEIGHBOUR]);
  const { code } = await node.in(HOG, `python3 -c 'hog = b"x" * (300 << 20)'`);
  expect(code).toBe(137);
  expect(await pidsOf(machine, [HOG, NEIGHBOUR])).toEqual(before);
  await node.inWell(HOG, 'true');
});

test('the kernel’s OOM killer is in the history of the sliver that it struck, and of no other', async () => {
  const oom = async (name: string) =>
    (await node.history(name)).filter(({ what }) => what === 'oom-kill');
  await expect.poll(() => oom(HOG), { timeout: 60_000 }).not.toEqual([]);
  const [first] = await oom(HOG);
  expect(first?.by.kind).toBe('kernel');
  expect(first?.why).toMatch(/nm_mem_max was reached/);
  expect(await oom(NEIGHBOUR)).toEqual([]);
});

test('files in memory fill a sliver up to its limit, and its own programs go before the sliver does', async () => {
  const { machine } = node;
  const unit = ['--value', '--property=InvocationID,MainPID', unitOf(HOG)];
  const life = () => machine.root(['systemctl', 'show', ...unit]);
  const before = { life: await life(), pids: await pidsOf(machine, [NEIGHBOUR]) };
  const supervisor = before.life.match(/^\d+$/m)?.[0] ?? '';
  expect(await machine.read(`/proc/${supervisor}/oom_score_adj`)).toBe('-400');
  const kills = async () =>
    Number(/^oom_kill (\d+)$/m.exec(await groupValue(machine, HOG, 'memory.events'))?.[1]);
  const killed = await kills();
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const { code } = await node.in(HOG, 'head -c 200M /dev/zero > /dev/shm/full');
    expect(code).not.toBe(0);
  }
  expect(await kills()).toBeGreaterThanOrEqual(killed + 3);
  expect(await life()).toBe(before.life);
  expect(await pidsOf(machine, [NEIGHBOUR])).toEqual(before.pids);
  await node.api.call('Stop', HOG);
  await node.converged();
  await node.api.call('Start', HOG);
  await node.converged();
  await node.inWell(HOG, 'true');
});

test('a process that is killed because all slivers together have no more is not told as nm_mem_max’s doing', async () => {
  const { machine } = node;
  const slice = (value: string) =>
    machine.root(['systemctl', 'set-property', '--runtime', 'nodemgr-slivers.slice', value]);
  const used = Number(await machine.read(`${SLIVERS_GROUP}/memory.current`));
  await slice(`MemoryMax=${used + (64 << 20)}`);
  try {
    await node.in(NEIGHBOUR, `python3 -c 'hog = b"x" * (600 << 20)'`);
  } finally {
    await slice('MemoryMax=90%');
  }
  const kills = async () => {
    const histories = await Promise.all([HOG, BOMBER, NEIGHBOUR].map((name) => node.history(name)));
    return histories.flat().filter(({ why }) => why.includes('nm_mem_max was not reached'));
  };
  await expect.poll(kills, { timeout: 60_000 }).not.toEqual([]);
});

test('programs that watch many files in one sliver leave all others some', async () => {
  const script = (instances: number, then: string) => `python3 -c '
import ctypes, os, time
libc = ctypes.CDLL(None)
for number in range(${instances}): assert libc.inotify_init1(0) >= 0, number
${then}
'`;
  const hold = 'open("/run/held", "w")\nwhile os.path.exists("/run/held"): time.sleep(0.2)';
  const holding = node.in(HOG, script(500, hold));
  await expect
    .poll(() => node.in(HOG, 'test -e /run/held'), { timeout: 60_000 })
    .toMatchObject({ code: 0 });
  await node.inWell(NEIGHBOUR, script(1, ''));
  await node.inWell(HOG, 'rm /run/held');
  expect(await holding).toMatchObject({ code: 0 });
});

test('a fork bomb is stopped at its sliver’s limit, and everybody else works on', async () => {
  const { machine } = node;
  const neighbour = await pidsOf(machine, [NEIGHBOUR]);
  // It never ends by itself.
  await node.in(BOMBER, `setsid sh -c 'b() { b | b & }; b' </dev/null >/dev/null 2>&1 &`);
  await expect
    .poll(() => groupValue(machine, BOMBER, 'pids.events'), { timeout: 60_000 })
    .toMatch(/^max [1-9]/);
  expect(Number(await groupValue(machine, BOMBER, 'pids.current'))).toBeLessThanOrEqual(TASKS);
  await node.inWell(NEIGHBOUR, 'for i in 1 2 3 4 5; do sh -c true; done');
  const whats = async () => (await node.history(BOMBER)).map(({ what }) => what);
  await expect.poll(whats, { timeout: 60_000 }).toContain('tasks-limit');
  expect(await node.api.call('GetRSpec', BOMBER)).toHaveProperty('nm_tasks_max', TASKS);
  expect(await pidsOf(machine, [NEIGHBOUR])).toEqual(neighbour);
});

test('Stop ends a fork bomb to the last process, and Start gives the sliver back', async () => {
  const { machine } = node;
  await node.api.call('Stop', BOMBER);
  await node.converged();
  const root = baseOf(await slotOf(machine, BOMBER));
  expect(await machine.ssh(['pgrep', '--uid', String(root)])).toMatchObject({ code: 1 });
  await node.api.call('Start', BOMBER);
  await node.converged();
  await node.inWell(BOMBER, 'true');
});

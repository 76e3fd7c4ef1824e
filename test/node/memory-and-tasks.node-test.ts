/** A memory hog and a fork bomb hurt their own sliver only. */
import { afterAll, expect, test } from 'vitest';
import { baseOf, groupValue, pidsOf, slotOf } from './machine/look-at-slivers.ts';
import { theTestbed } from './the-node.ts';

const [HOG, BOMBER, NEIGHBOUR] = ['lab_s05', 'lab_s06', 'lab_s07'] as const;
/** KiB. */
const MEMORY = 65_536;
const TASKS = 100;
const node = theTestbed({
  [HOG]: { rspec: { nm_mem_max: MEMORY } },
  [BOMBER]: { rspec: { nm_tasks_max: TASKS } },
});

afterAll(async () => {
  await node.api.call('Stop', BOMBER);
  await node.api.call('Start', BOMBER);
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
  expect((await oom(HOG))[0]?.by.kind).toBe('kernel');
  expect(await oom(NEIGHBOUR)).toEqual([]);
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

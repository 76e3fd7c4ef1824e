/** A document with twenty slices and a delegate, and a machine that had none of them. */
import { expect, test } from 'vitest';
import {
  baseOf,
  groupValue,
  pidsOf,
  quotaOf,
  runningSlivers,
  slotOf,
  uidOf,
} from './machine/look-at-slivers.ts';
import { DELEGATE } from './machine/render-config.ts';
import { SLIVERS } from './machine/testbed.ts';
import { documentFor, theNode } from './the-node.ts';

const node = theNode();

test('the machine is a real one: systemd is process 1, control groups are v2, project quotas are on', async () => {
  const { machine } = node;
  expect(await machine.read('/proc/1/comm')).toBe('systemd');
  expect(await machine.root(['stat', '-fc', '%T', '/sys/fs/cgroup'])).toBe('cgroup2fs');
  const state = await machine.root([
    'findmnt',
    '--noheadings',
    '--output=FSTYPE,OPTIONS',
    '/var/lib/nodemgr',
  ]);
  expect(state).toMatch(/^ext4 .*\bprjquota\b/);
});

test('twenty slivers and a delegate come up', async () => {
  const { machine } = node;
  expect(await runningSlivers(machine)).toEqual([]);
  const start = performance.now();
  await node.publish(documentFor(node));
  await node.converged({ timeoutMs: 600_000, intervalMs: 1000 });
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${SLIVERS.length} slivers came up in ${seconds.toFixed(1)} s on an emulated machine`,
  );
  expect(await runningSlivers(machine)).toEqual(SLIVERS);
  expect(await machine.root(['getent', 'passwd', DELEGATE])).toMatch(/forward_api_calls$/);
}, 700_000);

test('every process of a sliver runs under an id of that sliver’s own range', async () => {
  const { machine } = node;
  const inside = await pidsOf(machine, SLIVERS);
  for (const sliver of SLIVERS) {
    const base = baseOf(await slotOf(machine, sliver));
    const pids = inside[sliver] ?? [];
    expect(pids.length, sliver).toBeGreaterThan(0);
    const uids = (await machine.root(['ps', '-o', 'uid=', '-p', pids.join(',')]))
      .split('\n')
      .map(Number);
    expect(
      uids.every((uid) => uid >= base && uid < base + 65_536),
      `${sliver}: ${uids}`,
    ).toBe(true);
  }
});

test('accounts have ids, login shells and id ranges of their own', async () => {
  const { machine } = node;
  const passwd = await machine.read('/etc/passwd');
  const ranges = (await machine.read('/etc/subuid')).split('\n');
  const slots = new Set<number>();
  for (const sliver of SLIVERS) {
    const slot = await slotOf(machine, sliver);
    slots.add(slot);
    expect(passwd).toMatch(
      new RegExp(`^${sliver}:[^:]*:${uidOf(slot)}:.*:/usr/lib/nodemgr/sliver-shell$`, 'm'),
    );
    expect(ranges).toContain(`${sliver}:${baseOf(slot)}:65536`);
  }
  expect(slots.size).toBe(SLIVERS.length);
});

test('the limits of the RSpec’s defaults are what the kernel holds each sliver to', async () => {
  const { machine } = node;
  const [sliver = ''] = SLIVERS;
  expect(await groupValue(machine, sliver, 'memory.max')).toBe('max');
  expect(await groupValue(machine, sliver, 'pids.max')).toBe('4096');
  expect((await quotaOf(machine, sliver)).limit).toBe(5_000_000);
  const weights = await Promise.all(SLIVERS.map((name) => groupValue(machine, name, 'cpu.weight')));
  expect(new Set(weights).size).toBe(1);
});

test('nothing is left over of making them: no mount on the node, no failed unit, no warning in nmctl', async () => {
  const { machine } = node;
  const mounts = await machine.root(['findmnt', '--noheadings', '--list', '--output=TARGET']);
  expect(mounts).not.toMatch(/lab_s|\/run\/nodemgr\/mnt/);
  expect(await machine.root(['systemctl', '--failed', '--plain', '--no-legend'])).toBe('');
  const status = await node.nmctl('status');
  expect([status.code, status.stdout + status.stderr]).toEqual([0, expect.any(String)]);
});

/** The machine is reset without warning while slivers are being made: what the next boot makes of it. */
import { dbOperatorContract } from '@nodemgr/contracts';
import { expect, test } from 'vitest';
import { eventually } from './machine/eventually.ts';
import { quotaOf, runningSlivers } from './machine/look-at-slivers.ts';
import { keepFilesFor } from './machine/prepare-node.ts';
import { SLIVERS } from './machine/testbed.ts';
import { documentFor, publishTestbed, theTestbed } from './the-node.ts';

const LOAN = ['lab_s02', 'nm_cpu_share', 5] as const;
const ALL_MS = 600_000;
const node = theTestbed();

/** Removes all slivers and what is kept of them, which the guard lets nobody do unasked. */
async function empty(): Promise<void> {
  const absent = Object.fromEntries(SLIVERS.map((name) => [name, 'absent'] as const));
  await node.publish(documentFor(node, absent));
  await node.ask('db-service', dbOperatorContract, 'guard_allow', {});
  await node.converged({ timeoutMs: ALL_MS });
  expect(await runningSlivers(node.machine)).toEqual([]);
}

async function databaseIsWhole(): Promise<void> {
  const { salvage } = await node.database();
  expect(salvage).toBeUndefined();
  const check = `
import glob, sqlite3
for file in glob.glob("/var/lib/nodemgr/db/*.sqlite*") + glob.glob("/var/lib/nodemgr/db/*.db"):
    if not file.endswith(("-wal", "-shm")):
        print(*sqlite3.connect(file).execute("pragma integrity_check").fetchone())
`;
  expect(await node.machine.root(['python3', '-c', check])).toMatch(/^ok(\nok)*$/);
}

test.each([2, 12])(
  'a power cut when %d of 20 slivers are up: the next boot converges, the database is whole',
  async (count) => {
    await keepFilesFor(node.machine, 0);
    await empty();
    await node.publish(documentFor(node));
    await eventually(
      async () => expect((await runningSlivers(node.machine)).length).toBeGreaterThanOrEqual(count),
      { timeoutMs: ALL_MS, intervalMs: 100 },
    );
    expect(await node.api.call('SetLoans', 'lab_s01', [LOAN])).toBe(1);
    expect((await runningSlivers(node.machine)).length).toBeLessThan(SLIVERS.length);
    await node.machine.powerCut();
    await node.converged({ timeoutMs: ALL_MS, intervalMs: 1000 });
    expect(await runningSlivers(node.machine)).toEqual(SLIVERS);
    await databaseIsWhole();
    expect(await node.api.call('GetLoans', 'lab_s01')).toEqual([LOAN]);
    for (const sliver of SLIVERS)
      expect((await quotaOf(node.machine, sliver)).limit).toBe(5_000_000);
    await node.inWell('lab_s01', 'echo works > /root/works');
  },
  2 * ALL_MS,
);

test(
  'with PLC away an orderly reboot brings every sliver back, from what the node knew',
  async () => {
    await publishTestbed(node);
    await node.machine.root(['systemctl', 'disable', '--now', '--quiet', 'demo-plc.service']);
    await node.machine.reboot();
    await expect
      .poll(() => runningSlivers(node.machine), { timeout: ALL_MS, interval: 3000 })
      .toEqual(SLIVERS);
    expect(await node.inWell('lab_s01', 'cat /root/works')).toBe('works');
    await node.machine.root(['systemctl', 'enable', '--now', '--quiet', 'demo-plc.service']);
  },
  2 * ALL_MS,
);

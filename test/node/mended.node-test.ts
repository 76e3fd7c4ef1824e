/**
 * A sliver that has failed for long comes up within seconds once an operator has mended the cause: its own
 * next attempt would be half a minute away and more.
 */
import { dirname } from 'node:path';
import { type Failure, supervisorOperatorContract } from '@nodemgr/contracts';
import { expect, onTestFinished, test } from 'vitest';
import { IMAGE_TARBALL } from './machine/build-disk.ts';
import { eventually } from './machine/eventually.ts';
import { runningSlivers } from './machine/look-at-slivers.ts';
import { PLC } from './machine/render-config.ts';
import type { Differences } from './machine/testbed.ts';
import { documentFor, publishTestbed, theTestbed } from './the-node.ts';

const FAR_MS = 30_000;
/** To notice, to make a sliver on an emulated machine, and to look. */
const SOON_MS = 20_000;
const LONG_MS = 600_000;
/** A line of /etc/subuid: every range that slivers can have. */
const TAKES_ALL = 'somebody:1879048192:268435456';
const node = theTestbed();

async function failureOf(sliver: string): Promise<Failure | undefined> {
  const contract = supervisorOperatorContract;
  const { failures } = await node.ask('account-supervisor', contract, 'status', {});
  return failures.find(({ subject }) => subject === sliver);
}

/** Publishes one slice more, and waits until its sliver has failed so often that it is left alone for long. */
async function failsForLong(
  sliver: string,
  reason: RegExp,
  slice: Differences[string] = {},
): Promise<void> {
  await node.publish(documentFor(node, { [sliver]: slice }));
  onTestFinished(() => publishTestbed(node), LONG_MS);
  await eventually(
    async () => {
      const failure = await failureOf(sliver);
      expect(failure?.reason).toMatch(reason);
      expect((failure?.retry_at ?? 0) - Date.now()).toBeGreaterThan(FAR_MS);
    },
    { timeoutMs: LONG_MS },
  );
}

async function comesUpSoon(sliver: string): Promise<void> {
  const since = performance.now();
  await eventually(async () => expect(await runningSlivers(node.machine)).toContain(sliver), {
    timeoutMs: SOON_MS,
  });
  console.log(`${sliver} is up ${((performance.now() - since) / 1000).toFixed(1)} s later`);
}

test(
  'a sliver whose image was not there comes up when it has been imported',
  async () => {
    await failsForLong('lab_late', /image late is not on this node/, { rspec: { image: 'late' } });
    await node.machine.root(['nmctl', 'image', 'import', 'late', IMAGE_TARBALL], {
      deadlineMs: LONG_MS,
    });
    await comesUpSoon('lab_late');
  },
  3 * LONG_MS,
);

test(
  'a sliver whose name a user of somebody else had comes up when that user has gone',
  async () => {
    await node.machine.root(['useradd', 'lab_taken']);
    await failsForLong('lab_taken', /a user of that name/);
    await node.machine.root(['userdel', 'lab_taken']);
    await comesUpSoon('lab_taken');
  },
  3 * LONG_MS,
);

test(
  'a sliver for whose user the disk had no room comes up when it has been freed',
  async () => {
    // What PLC says is on a disk of its own, as it would be.
    await node.machine.root(['mount', '--types', 'tmpfs', 'plc', dirname(PLC.document)]);
    onTestFinished(async () => {
      await node.machine.ssh(['umount', dirname(PLC.document)]);
    });
    await publishTestbed(node);
    const fill = 'while fallocate -l $size /ballast.$((n = n + 1)); do :; done';
    await node.machine.shell(
      `n=0; for size in 1G 32M 1M 32K 4K; do ${fill}; done 2> /dev/null; sync`,
    );
    onTestFinished(async () => {
      await node.machine.shell('rm -f /ballast.*');
    });
    await failsForLong('lab_full', /useradd|space/);
    await node.machine.shell('rm -f /ballast.*');
    await comesUpSoon('lab_full');
  },
  3 * LONG_MS,
);

test(
  'a sliver that cannot be held to its quota comes up when quotas have been switched on',
  async () => {
    const state = '/var/lib/nodemgr';
    await node.machine.root(['quotaoff', '--project', state]);
    onTestFinished(async () => {
      await node.machine.ssh(['quotaon', '--project', state]);
    });
    await failsForLong('lab_quota', /keeps no project quotas/);
    await node.machine.root(['quotaon', '--project', state]);
    await comesUpSoon('lab_quota');
  },
  3 * LONG_MS,
);

test(
  'a sliver for which all id ranges were taken comes up when they have been released',
  async () => {
    const subuid = '/etc/subuid';
    const before = await node.machine.read(subuid);
    onTestFinished(() => node.machine.write(subuid, before));
    await node.machine.write(subuid, `${before}\n${TAKES_ALL}\n`);
    await failsForLong('lab_ranged', /no free id range.*somebody/i);
    await node.machine.write(subuid, before);
    await comesUpSoon('lab_ranged');
  },
  3 * LONG_MS,
);

test(
  'a sliver whose cause nothing shows to be mended comes up at once when an operator asks for it',
  async () => {
    const slivers = '/var/lib/nodemgr/slivers';
    await node.machine.root(['chattr', '+i', slivers]);
    onTestFinished(async () => {
      await node.machine.root(['chattr', '-i', slivers]);
    });
    await failsForLong('lab_held', /operation not permitted/i);
    expect(await node.nmctl('retry', 'lab_held')).toMatchObject({ code: 1 });
    await node.machine.root(['chattr', '-i', slivers]);
    const { code, stdout } = await node.nmctl('retry', 'lab_held');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^lab_held +works/m)]);
    expect(await runningSlivers(node.machine)).toContain('lab_held');
  },
  3 * LONG_MS,
);

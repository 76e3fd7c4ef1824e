/**
 * What the unit runs when the agent has ended (ExecStopPost): takes everything of ours out of the kernel,
 * but only when somebody stops the unit. After a crash, and in a restart, the limits stay in force.
 */
import { run, runChecked } from '@nodemgr/agent';
import { renderRemoval } from '../../execute/render-changes.ts';
import { isBeingStopped } from './derive-job.ts';
import { ownRoots } from './read-tree.ts';

async function removeAll(): Promise<void> {
  for (const command of renderRemoval(await ownRoots())) await runChecked(command);
}

/** Rejects when it cannot find out, or cannot remove. */
async function removeLimits(unit: string): Promise<void> {
  const jobs = await runChecked(
    run('systemctl', 'list-jobs', '--no-legend', '--plain', '--full', '--', unit),
  );
  if (isBeingStopped(jobs, unit)) await removeAll();
}

/** removeLimitsMain does so for the systemd unit `unit`, as a program: an exit status, and one line when it has failed. */
export async function removeLimitsMain(unit: string): Promise<void> {
  try {
    await removeLimits(unit);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`bwcap-agent: limits are still in force: ${reason}\n`);
    process.exitCode = 1;
  }
}

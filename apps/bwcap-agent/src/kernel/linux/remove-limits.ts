/**
 * Takes everything of ours out of the kernel when the agent has ended (the unit's ExecStopPost), but only
 * when somebody stops the unit. After a crash, and in a restart, the limits stay in force.
 */
import { run, runChecked } from '@nodemgr/agent';
import { lastLine } from '@nodemgr/daemon';
import { renderRemoval } from '../../execute/render-changes.ts';
import { ownRoots } from './read-tree.ts';

/** isBeingStopped reports whether `unit` is to stop, and not to start again, going by `systemctl list-jobs`. */
export function isBeingStopped(jobs: string, unit: string): boolean {
  return jobs
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some(([, name, type]) => name === unit && type === 'stop');
}

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

/** removeLimitsMain is the program: it sets the exit status, and writes one line when it has failed. */
export async function removeLimitsMain(unit: string): Promise<void> {
  try {
    await removeLimits(unit);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(lastLine('bwcap-agent', `limits are still in force: ${reason}`));
    process.exitCode = 1;
  }
}

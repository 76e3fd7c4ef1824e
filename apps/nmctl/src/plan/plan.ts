/** The command line of `nmctl plan`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';

/** addPlan adds the command. */
export function addPlan(program: Command, run: Run): void {
  program
    .command('plan')
    .description('what the agents would do next, as commands')
    .action(() => run(async (session) => (await import('./show-plan.ts')).showPlan(session)));
}

/** `nmctl status`: the whole node at a glance. */
import type { Command } from 'commander';
import { answerState, isForbidden } from '../ask/answer.ts';
import { askStatus } from '../ask/ask-status.ts';
import { isSilentNode, type NodeStatus, troublesOf } from '../ask/node-status.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Run, Session } from '../session.ts';
import { renderStatus } from './render-status.ts';

const NOBODY = 'nothing answers: is the node manager running?';

function silenceText(status: NodeStatus): string {
  const isRefused = Object.values(status).some(isForbidden);
  return isRefused ? 'permission denied: operators are root' : NOBODY;
}

function statusJson(status: NodeStatus) {
  const processes = Object.entries(status).map(([name, answer]) => [
    name,
    answer.answered
      ? { state: 'up', ...answer.value }
      : { state: answerState(answer), reason: answer.reason },
  ]);
  const troubles = troublesOf(status);
  return { well: troubles.length === 0, troubles, processes: Object.fromEntries(processes) };
}

/** Prints the status of all five daemons and exits by it. */
async function showStatus(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const status = await askStatus(session.daemons());
  const error = isSilentNode(status) ? silenceText(status) : undefined;
  if (json) terminal.printJson({ ...(error && { error }), ...statusJson(status) });
  else terminal.print(renderStatus(status, terminal.page));
  if (error !== undefined) {
    terminal.complain(error);
    return EXIT.silent;
  }
  return troublesOf(status).length === 0 ? EXIT.ok : EXIT.trouble;
}

/** addStatus adds the command. */
export function addStatus(program: Command, run: Run): void {
  program
    .command('status')
    .description('processes, last update, guard, counts, what is failing')
    .action(() => run(showStatus));
}

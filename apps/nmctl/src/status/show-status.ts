/** `nmctl status`: the whole node at a glance. */
import { answerState, isForbidden } from '../ask/answer.ts';
import { daemonsOf } from '../ask/ask-daemons.ts';
import { askStatus } from '../ask/ask-status.ts';
import { isSilentNode, type NodeStatus, troublesOf } from '../ask/node-status.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
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
export async function showStatus(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const status = await askStatus(daemonsOf(session));
  const error = isSilentNode(status) ? silenceText(status) : undefined;
  if (json) terminal.printJson({ ...(error && { error }), ...statusJson(status) });
  else terminal.print(renderStatus(status, terminal.page));
  if (error !== undefined) {
    terminal.complain(error);
    return EXIT.silent;
  }
  return troublesOf(status).length === 0 ? EXIT.ok : EXIT.trouble;
}

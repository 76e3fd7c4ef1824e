/** `nmctl leases`: who has the node when. */
import { daemonsOf, LOOK_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { renderLeases } from './render-leases.ts';

export async function listLeases(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const answer = await daemonsOf(session)('db-service', 'leases', {}, LOOK_MS);
  if (!answer.answered) {
    const missing = 'the leases are not known';
    return complainOfMissing([{ daemon: 'db-service', missing, answer }], terminal);
  }
  if (json) terminal.printJson(answer.value);
  else terminal.print(renderLeases(answer.value, terminal.page));
  return EXIT.ok;
}

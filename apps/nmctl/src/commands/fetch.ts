/** `nmctl fetch`: polls the authority now instead of at the next poll. */
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { line } from '../render/render-line.ts';
import type { Session } from '../session.ts';
import { complainOfMissing } from './missing.ts';

/** What delivering a fetched document may take beyond fetching it (milliseconds). */
const DELIVERY_MS = 15_000;

/** fetchNow prints how the fetch ended. */
export async function fetchNow(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const deadlineMs = session.config().plc.timeout_seconds * 1000 + DELIVERY_MS;
  const answer = await session.daemons()('plc-fetcher', 'fetch_now', {}, deadlineMs);
  if (!answer.answered) {
    const missing = 'nothing is known of a fetch';
    return complainOfMissing([{ daemon: 'plc-fetcher', missing, answer }], terminal);
  }
  if (json) terminal.printJson(answer.value);
  else terminal.print([line(answer.value.outcome)]);
  return EXIT.ok;
}

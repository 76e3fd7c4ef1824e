/** `nmctl fetch`: polls the authority now instead of at the next poll. */

import { LONGEST_DEADLINE_MS } from '@nodemgr/bus';
import type { PollEnd } from '@nodemgr/contracts';
import { heard } from '../ask/answer.ts';
import { daemonsOf, GLANCE_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { line } from '../render/render-line.ts';
import type { Session } from '../session.ts';

/** The time that a fetched document's delivery may take beyond the fetch (milliseconds). */
const DELIVERY_MS = 15_000;

function endText({ outcome, reason }: PollEnd): string {
  return reason === undefined ? outcome : `${outcome}: ${reason}`;
}

/** Prints how the fetch ended; exits with `trouble` when the fetcher has something that fails. */
export async function fetchNow(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const { timeout_seconds } = session.config().plc;
  const deadlineMs = Math.min(timeout_seconds * 1000 + DELIVERY_MS, LONGEST_DEADLINE_MS);
  const ask = daemonsOf(session);
  const answer = await ask('plc-fetcher', 'fetch_now', {}, deadlineMs);
  if (!answer.answered) {
    const missing = 'nothing is known of a fetch';
    return complainOfMissing([{ daemon: 'plc-fetcher', missing, answer }], terminal);
  }
  if (json) terminal.printJson(answer.value);
  else terminal.print([line(endText(answer.value))]);
  const failing = heard(await ask('plc-fetcher', 'status', {}, GLANCE_MS))?.failures ?? [];
  return failing.length === 0 ? EXIT.ok : EXIT.trouble;
}

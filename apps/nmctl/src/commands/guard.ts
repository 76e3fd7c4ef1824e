/** `nmctl guard` and `nmctl guard allow`: updates that would remove too much. */
import { GLANCE_MS } from '../ask/ask-daemons.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderAllowed, renderGuard } from '../render/render-guard.ts';
import type { Session } from '../session.ts';
import { complainOfMissing } from './missing.ts';

/** A whole document is written, durably (milliseconds). */
const ALLOW_MS = 30_000;

/** showGuard prints what the guard holds back; exits with `trouble` when it does. */
export async function showGuard(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const answer = await session.daemons()('db-service', 'status', {}, GLANCE_MS);
  if (!answer.answered) {
    const missing = 'the guard is not known';
    return complainOfMissing([{ daemon: 'db-service', missing, answer }], terminal);
  }
  const { guard } = answer.value.detail;
  if (json) terminal.printJson(guard);
  else terminal.print(renderGuard(guard, terminal.page));
  return guard.length === 0 ? EXIT.ok : EXIT.trouble;
}

/** allowHeldBack lets every update through that the guard holds back, and prints what they did. */
export async function allowHeldBack(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const answer = await session.daemons()('db-service', 'guard_allow', {}, ALLOW_MS);
  if (!answer.answered) {
    const missing = 'whether anything was let through is not known';
    return complainOfMissing([{ daemon: 'db-service', missing, answer }], terminal);
  }
  if (json) terminal.printJson(answer.value);
  else terminal.print(renderAllowed(answer.value));
  return EXIT.ok;
}

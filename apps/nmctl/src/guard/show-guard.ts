/** `nmctl guard` and `nmctl guard allow`: updates that would remove too much. */
import { isSilent } from '../ask/answer.ts';
import { daemonsOf, GLANCE_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderAllowed, renderGuard } from '../render/render-guard.ts';
import type { Session } from '../session.ts';

/** A whole document is written, durably; a db-service that takes longer is stuck (milliseconds). */
const ALLOW_MS = 5_000;

const MAY_HAPPEN =
  'it may still let the updates through, as soon as it goes on; nmctl guard shows whether it has';

/** Prints what the guard holds back; exits with `trouble` when it does. */
export async function showGuard(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const answer = await daemonsOf(session)('db-service', 'status', {}, GLANCE_MS);
  if (!answer.answered) {
    const missing = 'the guard is not known';
    return complainOfMissing([{ daemon: 'db-service', missing, answer }], terminal);
  }
  const { guard } = answer.value.detail;
  if (json) terminal.printJson(guard);
  else terminal.print(renderGuard(guard, terminal.page));
  return guard.length === 0 ? EXIT.ok : EXIT.trouble;
}

/** Lets every update through that the guard holds back, and prints what they did. */
export async function allowHeldBack(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const answer = await daemonsOf(session)('db-service', 'guard_allow', {}, ALLOW_MS);
  if (!answer.answered) {
    const isOpen = isSilent(answer) && answer.asked === true;
    const missing = isOpen ? MAY_HAPPEN : 'nothing was let through';
    return complainOfMissing([{ daemon: 'db-service', missing, answer }], terminal);
  }
  if (json) terminal.printJson(answer.value);
  else terminal.print(renderAllowed(answer.value));
  return EXIT.ok;
}

/** `nmctl guard` and `nmctl guard allow`: updates that would remove too much. */
import { isSilent } from '../ask/answer.ts';
import { daemonsOf, GLANCE_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderAllowed, renderGuard } from '../render/render-guard.ts';
import { type Line, line } from '../render/render-line.ts';
import { renderHeldBack } from '../render/render-signed.ts';
import type { Session } from '../session.ts';

/** A whole document is written, durably; a db-service that takes longer is stuck (milliseconds). */
const ALLOW_MS = 5_000;

const MAY_HAPPEN =
  'it may still let the updates through, as soon as it goes on; nmctl guard shows whether it has';

/** A fetch of the document, and of its signature (milliseconds). */
const FETCH_MS = 60_000;

const MAY_TAKE = 'it may still take the document; nmctl guard shows whether it has';

/** Prints what the guard holds back; exits with `trouble` when it does. */
export async function showGuard(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const answer = await daemonsOf(session)('db-service', 'status', {}, GLANCE_MS);
  if (!answer.answered) {
    const missing = 'the guard is not known';
    return complainOfMissing([{ daemon: 'db-service', missing, answer }], terminal);
  }
  const { guard } = answer.value.detail;
  const older = await heldBackLines(session);
  if (json) terminal.printJson(guard);
  else if (guard.length > 0 || older.length === 0) {
    terminal.print([...renderGuard(guard, terminal.page), ...older]);
  } else terminal.print(older);
  return guard.length === 0 && older.length === 0 ? EXIT.ok : EXIT.trouble;
}

/** Returns what is to be said of a document that is held back; a plc-fetcher that is away holds back none. */
async function heldBackLines(session: Session): Promise<readonly Line[]> {
  const answer = await daemonsOf(session)('plc-fetcher', 'status', {}, GLANCE_MS);
  if (!answer.answered) return [];
  const { held_back, document } = answer.value.detail;
  return held_back === undefined
    ? []
    : renderHeldBack(held_back, document?.signed, session.terminal.page);
}

/** As many digits as name one document for certain. */
const DOCUMENT_NAME = /^[0-9a-f]{12,64}$/;

/** Takes a document that is older than the one in force, and prints how that ended. */
export async function allowDocument(session: Session, document: string): Promise<ExitCode> {
  const { terminal, json } = session;
  if (!DOCUMENT_NAME.test(document)) {
    terminal.complain(`a document is named by 12 to 64 hex digits, as nmctl guard shows them`);
    return EXIT.usage;
  }
  const answer = await daemonsOf(session)('plc-fetcher', 'allow_document', { document }, FETCH_MS);
  if (!answer.answered) {
    const isOpen = isSilent(answer) && answer.asked === true;
    const missing = isOpen ? MAY_TAKE : 'no document was let through';
    return complainOfMissing([{ daemon: 'plc-fetcher', missing, answer }], terminal);
  }
  const { poll } = answer.value;
  if (json) terminal.printJson(answer.value);
  else if (poll === undefined) terminal.print([line('no such document is held back')]);
  else {
    const why = poll.reason === undefined ? '' : `: ${poll.reason}`;
    terminal.print([
      line(`the document ${document} is let through; fetching it: ${poll.outcome}${why}`),
    ]);
  }
  return poll?.outcome === 'new document' ? EXIT.ok : EXIT.trouble;
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

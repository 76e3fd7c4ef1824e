/** `nmctl guard` and `nmctl guard allow`: updates that would remove too much. */
import type { Command } from 'commander';
import { isSilent } from '../ask/answer.ts';
import { GLANCE_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderAllowed, renderGuard } from '../render/render-guard.ts';
import type { Run, Session } from '../session.ts';

/** A whole document is written, durably; a db-service that takes longer is stuck (milliseconds). */
const ALLOW_MS = 5_000;

const MAY_HAPPEN =
  'it may still let the updates through, as soon as it goes on; nmctl guard shows whether it has';

/** Prints what the guard holds back; exits with `trouble` when it does. */
async function showGuard(session: Session): Promise<ExitCode> {
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

/** Lets every update through that the guard holds back, and prints what they did. */
async function allowHeldBack(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const answer = await session.daemons()('db-service', 'guard_allow', {}, ALLOW_MS);
  if (!answer.answered) {
    const isOpen = isSilent(answer) && answer.asked === true;
    const missing = isOpen ? MAY_HAPPEN : 'nothing was let through';
    return complainOfMissing([{ daemon: 'db-service', missing, answer }], terminal);
  }
  if (json) terminal.printJson(answer.value);
  else terminal.print(renderAllowed(answer.value));
  return EXIT.ok;
}

/** addGuard adds the command, and `allow` below it. */
export function addGuard(program: Command, run: Run): void {
  const guard = program
    .command('guard')
    .description('what the guard holds back, and why')
    .action(() => run(showGuard));
  guard
    .command('allow')
    .description('let through every update that the guard holds back')
    .action(() => run(allowHeldBack));
}

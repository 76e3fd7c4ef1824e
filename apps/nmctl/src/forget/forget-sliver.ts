/** `nmctl forget`: has account-supervisor remove what is kept of a removed sliver. */
import { userInfo } from 'node:os';
import { FORGET_MS, type ForgetResult } from '@nodemgr/contracts';
import { accountNameSchema } from '@nodemgr/records';
import { daemonsOf } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { line } from '../render/render-line.ts';
import type { Session } from '../session.ts';

/** What an answer may take beyond the removal (milliseconds). */
const GRACE_MS = 4_000;
/** Longest name of an operator that the history takes. */
const MAX_NAME = 64;

const SENTENCES: Readonly<Record<ForgetResult['outcome'], string>> = {
  forgotten: 'its files are gone',
  'nothing kept': 'nothing is kept of it',
  fails: 'its files cannot be removed now, which is tried again',
  'going still': 'its files are being removed: nmctl events shows when they are gone',
};

/** Root by way of sudo(8) is whoever called it. */
function operatorName(env: Session['env']): string {
  const name = env['SUDO_USER'] ?? '';
  return (name === '' ? userInfo().username : name).slice(0, MAX_NAME);
}

/** Prints how it ended; exits with `trouble` where files are left. */
export async function forgetSliver(session: Session, name: string): Promise<ExitCode> {
  const { terminal, json, env } = session;
  const sliver = accountNameSchema.safeParse(name);
  if (!sliver.success) {
    terminal.complain(`'${name}' ${sliver.error.issues[0]?.message ?? ''}`);
    return EXIT.usage;
  }
  const params = { name: sliver.data, by: operatorName(env) };
  const ask = daemonsOf(session);
  const answer = await ask('account-supervisor', 'forget', params, FORGET_MS + GRACE_MS);
  if (!answer.answered) {
    const missing = 'nothing was removed, as far as is known';
    return complainOfMissing([{ daemon: 'account-supervisor', missing, answer }], terminal);
  }
  const { outcome, reason } = answer.value;
  const text = `${name}: ${SENTENCES[outcome]}`;
  if (json) terminal.printJson(answer.value);
  else terminal.print([line(reason === undefined ? text : `${text}: ${reason}`)]);
  return outcome === 'fails' || outcome === 'going still' ? EXIT.trouble : EXIT.ok;
}

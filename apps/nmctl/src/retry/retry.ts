/** `nmctl retry`: has every daemon try now what waits for its next attempt, after something was mended. */
import { RETRY_MS, type RetryResult, type Tried } from '@nodemgr/contracts';
import type { Answer } from '../ask/answer.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { renderTried } from './render-tried.ts';

/** Daemons of which something may wait. */
const ASKED = ['plc-fetcher', 'db-service', 'account-supervisor', 'bwcap-agent'] as const;
/** What an answer may take beyond the attempts (milliseconds). */
const GRACE_MS = 4_000;

type AskedDaemon = (typeof ASKED)[number];
export type TriedByDaemon = readonly (readonly [AskedDaemon, readonly Tried[]])[];

/**
 * retryNow prints what was tried and how it stands; exits with `trouble` when some of it still fails, or
 * nothing of that name could be tried.
 */
export async function retryNow(session: Session, name: string | undefined): Promise<ExitCode> {
  const { terminal, json } = session;
  const ask = session.daemons();
  const params = name === undefined ? {} : { name };
  const answers = await Promise.all(
    ASKED.map(
      async (daemon): Promise<readonly [AskedDaemon, Answer<RetryResult>]> => [
        daemon,
        await ask(daemon, 'retry', params, RETRY_MS + GRACE_MS),
      ],
    ),
  );
  const missing = 'what waits there was not tried';
  const code = complainOfMissing(
    answers.map(([daemon, answer]) => ({ daemon, missing, answer })),
    terminal,
  );
  if (code === EXIT.silent) return code;
  const tried: TriedByDaemon = answers.flatMap(([daemon, answer]) =>
    answer.answered ? [[daemon, answer.value.tried] as const] : [],
  );
  if (json) terminal.printJson(Object.fromEntries(tried));
  else terminal.print(renderTried(tried, name, terminal.page));
  const outcomes = tried.flatMap(([, some]) => some.map(({ outcome }) => outcome));
  if (code !== EXIT.ok || outcomes.some((outcome) => outcome !== 'works')) return EXIT.trouble;
  return name !== undefined && outcomes.length === 0 ? EXIT.trouble : EXIT.ok;
}

/** `nmctl retry`: has every daemon try now what waits for its next attempt, after something was mended. */

import { type DaemonName, RETRY_MS, type RetryResult, type Tried } from '@nodemgr/contracts';
import type { Answer } from '../ask/answer.ts';
import { daemonsOf } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Line, line, type Page, span, type Tone } from '../render/render-line.ts';
import { renderTable } from '../render/render-table.ts';
import type { Session } from '../session.ts';

const COLUMNS = [
  { title: 'SUBJECT' },
  { title: 'OUTCOME' },
  { title: 'PROCESS' },
  { title: 'REASON' },
] as const;

const TONES: Readonly<Record<Tried['outcome'], Tone>> = {
  works: 'good',
  fails: 'bad',
  'tried still': 'warn',
};

/** Returns a table of what each daemon tried; `name` is what was asked for, if anything was. */
function renderTried(
  tried: readonly (readonly [DaemonName, readonly Tried[]])[],
  name: string | undefined,
  page: Page,
): readonly Line[] {
  const rows = tried.flatMap(([daemon, some]) =>
    some.map(({ subject, outcome, reason = '' }) => [
      subject,
      span(outcome, TONES[outcome]),
      daemon,
      reason,
    ]),
  );
  if (rows.length > 0) return renderTable(COLUMNS, rows, page);
  if (name === undefined) return [line('nothing fails: there was nothing to be tried')];
  return [line(`nothing of the name ${name} could be tried: nmctl status shows what fails`)];
}

/** Daemons of which something may wait. */
const ASKED = ['plc-fetcher', 'db-service', 'account-supervisor', 'bwcap-agent'] as const;
/** What an answer may take beyond the attempts (milliseconds). */
const GRACE_MS = 4_000;

type AskedDaemon = (typeof ASKED)[number];
type TriedByDaemon = readonly (readonly [AskedDaemon, readonly Tried[]])[];

/**
 * Prints what was tried and how it stands; exits with `trouble` when some of it still fails, or
 * nothing of that name could be tried.
 */
export async function retryNow(session: Session, name: string | undefined): Promise<ExitCode> {
  const { terminal, json } = session;
  const ask = daemonsOf(session);
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

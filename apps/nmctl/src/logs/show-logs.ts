/** `nmctl logs NAME`: what the journal has about one account. It asks journalctl(1), and no daemon. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { accountNameSchema } from '@nodemgr/records';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { parseSince, sinceWanted } from '../parse-since.ts';
import { line } from '../render/render-line.ts';
import type { Session } from '../session.ts';
import {
  entryIn,
  isAbout,
  type JournalEntry,
  journalctlArguments,
  type LogsWanted,
  renderEntry,
} from './journal-entries.ts';

export interface LogsOptions {
  /** As it was written. */
  readonly since: string;
  readonly follow?: true;
}

/** Entries shown of what there is; the newest. */
const MAX_SHOWN = 5000;
/** Of what journalctl complains of (UTF-16 code units). */
const MAX_COMPLAINT = 1000;

/** Returns what is asked for, or what is wrong with it. */
function readWanted(name: string, options: LogsOptions, session: Session): LogsWanted | string {
  const { since, follow = false } = options;
  const account = accountNameSchema.safeParse(name);
  if (!account.success) return `'${name}' ${account.error.issues[0]?.message ?? ''}`;
  const from = parseSince(since, session.terminal.page.now);
  if (from === undefined) return sinceWanted(since);
  if (follow && session.json) return '--follow prints lines as they come, and no JSON document';
  return { name: account.data, since: from, follow };
}

/** Calls `take` with each entry about the account; resolves with what journalctl complains of, '' when it has not. */
async function readJournal(
  wanted: LogsWanted,
  env: Session['env'],
  take: (entry: JournalEntry) => void,
): Promise<string> {
  const child = spawn('journalctl', journalctlArguments(wanted), {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-MAX_COMPLAINT);
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    const entry = entryIn(text);
    if (entry !== undefined && isAbout(wanted.name, entry)) take(entry);
  });
  try {
    await once(child, 'close');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (child.exitCode === 0) return '';
  return complaint.trim() || `it has ended with ${child.exitCode ?? child.signalCode}`;
}

function showFound(session: Session, { name, since }: LogsWanted, found: readonly JournalEntry[]) {
  const { terminal, json } = session;
  const shown = found.slice(-MAX_SHOWN);
  if (shown.length < found.length)
    terminal.complain(`the newest ${MAX_SHOWN} of more lines; --since shows fewer`);
  if (json) {
    terminal.printJson({ entries: shown });
    return;
  }
  if (shown.length > 0) {
    terminal.print(shown.map(renderEntry));
    return;
  }
  const { driver, state_dir } = session.config().node;
  const demo = driver === 'dry-run' ? `; the daemons of a demo log to ${state_dir}/log` : '';
  const from = new Date(since).toISOString();
  terminal.print([line(`the journal has nothing about ${name} since ${from}${demo}`)]);
}

/** Prints the lines; exits with `trouble` where journalctl cannot be asked. */
export async function showLogs(
  session: Session,
  name: string,
  options: LogsOptions,
): Promise<ExitCode> {
  const { terminal, env } = session;
  const wanted = readWanted(name, options, session);
  if (typeof wanted === 'string') {
    terminal.complain(wanted);
    return EXIT.usage;
  }
  const found: JournalEntry[] = [];
  const complaint = await readJournal(wanted, env, (entry) => {
    if (wanted.follow) terminal.print([renderEntry(entry)]);
    else found.push(entry);
    // One more than is shown says that there are more.
    if (found.length > MAX_SHOWN * 2) found.splice(0, MAX_SHOWN - 1);
  });
  if (complaint !== '') {
    terminal.complain(`the journal cannot be read by journalctl: ${complaint}`);
    return EXIT.trouble;
  }
  if (!wanted.follow) showFound(session, wanted, found);
  return EXIT.ok;
}

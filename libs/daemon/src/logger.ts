/**
 * Logs: JSON, one line an event, on stderr. A terminal gets readable lines instead, and journald its levels as
 * prefixes, without what it notes of each line itself.
 */
import { fstatSync } from 'node:fs';
import { destination, type Logger, type LoggerOptions, pino } from 'pino';
import { describeError } from './describe-error.ts';
import { isJournal, journalLine, levelPrefix } from './journal-lines.ts';
import { LogOutput } from './log-output.ts';

const STDERR = 2;
/** Characters kept of a log that cannot be written; beyond them lines are lost. */
const MAX_UNWRITTEN = 1 << 20;

/** isoTimes returns pino's isoTime; within a millisecond the text is made once. */
function isoTimes(): () => string {
  let at = Number.NaN;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
}

/** Loaded only for a person who watches: a daemon under systemd is spared it. */
async function readableLogger(options: LoggerOptions): Promise<Logger> {
  const { default: pretty } = await import('pino-pretty');
  const ignore = 'pid,hostname';
  return pino(
    options,
    pretty({ destination: STDERR, sync: true, ignore, translateTime: 'HH:MM:ss.l' }),
  );
}

/** Called with the state of the log, which cannot log it itself. */
export interface LogWatch {
  /** A write was refused: what it had waits, up to a bound, and is tried again every second. */
  refused(error: Error): void;
  /** The first write that succeeded after that. */
  written(): void;
}

const RETRY_MS = 1000;

/** A full disk under the log must not stop the work. */
function surviveRefusals(stderr: ReturnType<typeof destination>, watch?: LogWatch): void {
  let refused = false;
  let isArmed = false;
  const again = () => {
    isArmed = false;
    // With nothing new: has it write what waits.
    stderr.write('');
  };
  stderr.on('error', (error: Error) => {
    refused = true;
    watch?.refused(error);
    if (isArmed) return;
    isArmed = true;
    setTimeout(again, RETRY_MS).unref();
  });
  stderr.on('write', (bytes: number) => {
    if (!refused || bytes === 0) return;
    refused = false;
    watch?.written();
  });
}

function stderrIsJournal(): boolean {
  return isJournal(process.env['JOURNAL_STREAM'], fstatSync(STDERR, { bigint: true }));
}

/**
 * lastLine returns the line in which a process of the name `name` says on stderr, without a logger, what it failed
 * at: an error to the journal.
 */
export function lastLine(name: string, text: string): string {
  const prefix = stderrIsJournal() ? levelPrefix(pino.levels.values['error'] ?? 0) : '';
  return `${prefix}${name}: ${text}\n`;
}

/** What is in every line; the journal has the name (SyslogIdentifier=), the process and the time by itself. */
function optionsFor(name: string, level: string, forJournal: boolean): LoggerOptions {
  const common = { level, serializers: { err: describeError } };
  if (forJournal) return { ...common, base: null, timestamp: false };
  return { ...common, name, base: { pid: process.pid }, timestamp: isoTimes() };
}

/**
 * makeLogger returns a process's logger; `name` is in every line that is not the journal's. Every line is out when
 * the process ends, where the disk takes it; `watch` is called where it does not.
 */
export async function makeLogger(name: string, level: string, watch?: LogWatch): Promise<Logger> {
  const forJournal = stderrIsJournal();
  const options = optionsFor(name, level, forJournal);
  if (process.stderr.isTTY) return readableLogger(options);
  // Synchronous: what has been flushed is out, whatever happens to the process then.
  const stderr = destination({ dest: STDERR, sync: true, maxLength: MAX_UNWRITTEN });
  surviveRefusals(stderr, watch);
  const writeOut = (lines: string) => void stderr.write(lines);
  const output = forJournal ? new LogOutput(writeOut, journalLine) : new LogOutput(writeOut);
  process.once('exit', () => output.flush());
  return pino(options, output);
}

/** Logs: JSON, one line an event, on stderr; readable lines instead when stderr is a terminal. */
import { destination, type Logger, type LoggerOptions, pino } from 'pino';
import { LogOutput } from './log-output.ts';

const STDERR = 2;
/** What is kept of a log that cannot be written (characters); beyond it lines are dropped. */
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

/** makeLogger returns a process's logger; `name` is in every line. Every line is out when the process ends. */
export async function makeLogger(name: string, level: string): Promise<Logger> {
  const options: LoggerOptions = { name, level, base: { pid: process.pid } };
  if (process.stderr.isTTY) return readableLogger(options);
  // Synchronous: what has been flushed is out, whatever happens to the process then.
  const stderr = destination({ dest: STDERR, sync: true, maxLength: MAX_UNWRITTEN });
  // A full disk under the log must not stop the work: what cannot be written is lost.
  stderr.on('error', () => undefined);
  const output = new LogOutput((lines) => stderr.write(lines));
  process.once('exit', () => output.flush());
  return pino({ ...options, timestamp: isoTimes() }, output);
}

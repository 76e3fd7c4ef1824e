/** Logs: JSON, one line an event, on stderr; readable lines instead when stderr is a terminal. */
import { destination, type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';

/** makeLogger returns a process's logger; `name` is in every line. */
export function makeLogger(name: string, level: string): Logger {
  const options: LoggerOptions = { name, level, base: { pid: process.pid } };
  if (process.stderr.isTTY) {
    return pino(
      options,
      pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' }),
    );
  }
  // Synchronous: a line must be out before a crash, and a daemon logs little.
  const stderr = destination({ dest: 2, sync: true });
  return pino({ ...options, timestamp: stdTimeFunctions.isoTime }, stderr);
}

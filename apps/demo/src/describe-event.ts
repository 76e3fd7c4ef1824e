/** Turns a daemon's log line into a line for people, or into nothing when it is not worth one. Pure. */

interface LogLine {
  readonly level: number;
  readonly time: string;
  readonly name: string;
  readonly msg: string;
}

const WARN = 40;
const HIDDEN = new Set([
  'level',
  'time',
  'pid',
  'name',
  'msg',
  'err',
  'commands',
  'config',
  'path',
]);
const MAX_DETAIL = 140;

function parseLine(line: string): (LogLine & Record<string, unknown>) | undefined {
  try {
    const parsed = JSON.parse(line) as LogLine & Record<string, unknown>;
    return typeof parsed.msg === 'string' && typeof parsed.level === 'number' ? parsed : undefined;
  } catch {
    // Not a log line: a crash's stack, say. It stays in the file.
    return undefined;
  }
}

/** describeEvent returns a line such as `19:52:01 db-service: an update was accepted (written 1)`. */
export function describeEvent(line: string, minLevel = 30): string | undefined {
  const event = parseLine(line);
  if (event === undefined || event.level < minLevel) return undefined;
  const details = Object.entries(event)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
  const error = (event['err'] as { message?: string } | undefined)?.message;
  const mark = event.level >= WARN ? '! ' : '';
  const tail = [details.slice(0, MAX_DETAIL), error].filter(Boolean).join('; ');
  const time = /T(\d\d:\d\d:\d\d)/.exec(event.time)?.[1] ?? '';
  const text = `${time} ${mark}${event.name}: ${event.msg}${tail === '' ? '' : ` (${tail})`}`;
  // Control and format characters (escape sequences, reversed text) must not reach a terminal.
  return text.replace(/\p{C}/gu, ' ');
}

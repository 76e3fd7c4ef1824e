/** The journal's lines about one account: how journalctl(1) is asked for them, which count, and how they read. Pure. */
import { DAEMONS } from '@nodemgr/contracts';
import type { AccountName } from '@nodemgr/records';
import * as z from 'zod';
import { type Line, line, type Span, span, type Tone } from '../render/render-line.ts';

export interface LogsWanted {
  readonly name: AccountName;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly follow: boolean;
}

const unitOf = (name: AccountName): string => `nodemgr-sliver@${name}.service`;

/** journalctlArguments returns what journalctl(1) is called with: all that may be about the account, and more. */
export function journalctlArguments({ name, since, follow }: LogsWanted): readonly string[] {
  const units = [...DAEMONS.map((daemon) => `nodemgr-${daemon}.service`), unitOf(name)];
  return [
    '--output=json',
    // Else a field of over 4096 bytes is null.
    '--all',
    '--no-pager',
    '--quiet',
    `--since=@${Math.floor(since / 1000)}`,
    ...units.map((unit) => `--unit=${unit}`),
    ...(follow ? ['--follow', '--no-tail'] : []),
  ];
}

/** journald writes what is not UTF-8 as its bytes. */
const bytes = z.array(z.int().min(0).max(255)).transform((all) => Buffer.from(all).toString());

/** A line of `journalctl --output=json` (systemd.journal-fields(7)). */
const entrySchema = z.object({
  __REALTIME_TIMESTAMP: z.string().regex(/^\d{1,16}$/),
  MESSAGE: z.union([z.string(), bytes]),
  PRIORITY: z.string().optional(),
  SYSLOG_IDENTIFIER: z.string().optional(),
  _SYSTEMD_UNIT: z.string().optional(),
  /** The unit that systemd itself says something of. */
  UNIT: z.string().optional(),
});

export interface JournalEntry {
  /** ISO 8601. */
  readonly time: string;
  /** Of syslog(3): 3 is an error, 4 a warning. */
  readonly priority: number;
  readonly from: string;
  readonly unit: string | undefined;
  readonly text: string;
}

const INFO = 6;

/** entryIn returns the entry of a line of journalctl's; undefined: the line is none. */
export function entryIn(text: string): JournalEntry | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { success, data } = entrySchema.safeParse(json);
  if (!success) return undefined;
  const unit = data.UNIT ?? data._SYSTEMD_UNIT;
  return {
    time: new Date(Number(data.__REALTIME_TIMESTAMP) / 1000).toISOString(),
    priority: Number(data.PRIORITY ?? INFO),
    from: data.SYSLOG_IDENTIFIER ?? unit ?? '',
    unit,
    text: data.MESSAGE,
  };
}

/** isAbout reports whether an entry is about the account: of its sliver's unit, or one that names it. */
export function isAbout(name: AccountName, { unit, text }: JournalEntry): boolean {
  if (unit === unitOf(name)) return true;
  const quoted = name.replace(/[^A-Za-z0-9_]/g, '\\$&');
  // A full stop that ends a sentence is no part of a name; one within is.
  return new RegExp(`(?<![A-Za-z0-9_.])${quoted}(?!\\.?[A-Za-z0-9_])`).test(text);
}

const fieldsIn = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const fields: unknown = JSON.parse(text);
    return z.record(z.string(), z.unknown()).safeParse(fields).data;
  } catch {
    // Of systemd, or of the sliver: no line of a daemon's log.
    return undefined;
  }
};

/** A daemon's line is its sentence with the other fields behind it. */
function sentence(text: string): string {
  const { msg, ...rest } = fieldsIn(text) ?? {};
  if (typeof msg !== 'string') return text;
  const details = Object.entries(rest).map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return details.length === 0 ? msg : `${msg} (${details.join(', ')})`;
}

const toneOf = (priority: number): Tone => {
  if (priority <= 3) return 'bad';
  return priority === 4 ? 'warn' : 'plain';
};

/** renderEntry returns the line that people see. */
export function renderEntry({ time, priority, from, text }: JournalEntry): Line {
  const said: Span = span(sentence(text), toneOf(priority));
  return line(span(time, 'dim'), ` ${from}: `, said);
}

/**
 * The note for logins to a sliver that cannot be entered: a line for whoever logs in, and below it what is read
 * here again. sliver-shell prints the line behind the sliver's name (native/sliver-shell/login_note.c). Pure.
 */
import { type EpochSeconds, epochSeconds } from '@nodemgr/records';

export const NOTE_CAUSES = [
  'stopped',
  'disabled',
  'leases',
  'failing',
  'removal',
  'expired',
] as const;
export type NoteCause = (typeof NOTE_CAUSES)[number];

export interface LoginNote {
  /** 'unknown': the file is none that we write. */
  readonly cause: NoteCause | 'unknown';
  /** Since when the cause holds. Undefined: not known. */
  readonly since?: EpochSeconds | undefined;
  /** In printable ASCII, at most MAX_NOTE_LINE bytes. */
  readonly line: string;
}

/** Of the line, in bytes. sliver-shell has room for it beside the name (NOTE_LINE_MAX in login_note.h). */
export const MAX_NOTE_LINE = 360;

const FORM = new RegExp(
  `^(?<line>[\\x20-\\x7e]{1,${MAX_NOTE_LINE}})\\n(?<cause>${NOTE_CAUSES.join('|')}) (?<since>\\d{1,12}|-)\\n$`,
);

/** renderLoginNote returns the text of a note's file. */
export function renderLoginNote({ line, cause, since }: LoginNote): string {
  return `${line}\n${cause} ${since ?? '-'}\n`;
}

/** readLoginNote takes the text of a note's file apart. */
export function readLoginNote(text: string): LoginNote {
  const { line, cause, since } = FORM.exec(text)?.groups ?? {};
  if (line === undefined) return { cause: 'unknown', line: '' };
  const at = since === '-' ? undefined : epochSeconds(Number(since));
  return { cause: cause as NoteCause, since: at, line };
}

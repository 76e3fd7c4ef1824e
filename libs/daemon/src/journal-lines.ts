/** Makes lines of the log lines for journald(8): it has the time, the process and its name itself, and takes the level as a prefix. Pure. */

/** sd-daemon(3) by pino's level; a level between two is as bad as the one below it. */
const PREFIXES = [
  [60, '<2>'],
  [50, '<3>'],
  [40, '<4>'],
  [30, '<6>'],
] as const;

/** levelPrefix returns what SyslogLevelPrefix= of systemd.exec(5) takes for the priority of a line: `<4>`. */
export function levelPrefix(level: number): string {
  return PREFIXES.find(([least]) => level >= least)?.[1] ?? '<7>';
}

/** How pino begins a line. */
const LEVEL = /^\{"level":\d+,?/;

/** journalLine returns a line of pino's with its level as a prefix, and not as a field once more. */
export function journalLine(line: string, level: number): string {
  return levelPrefix(level) + line.replace(LEVEL, '{');
}

/** The device and inode of a file, as fstat(2) has them. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/**
 * isJournal reports whether a stream is the journal's: `named` is $JOURNAL_STREAM, which systemd sets to the device
 * and inode of what it has connected (systemd.exec(5)). A program that is started with another stderr inherits the
 * variable too.
 */
export function isJournal(named: string | undefined, { dev, ino }: FileIdentity): boolean {
  return named === `${dev}:${ino}`;
}

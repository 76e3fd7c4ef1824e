/**
 * Commands as data: what a driver runs or writes, and what people are shown. Never a shell: a program
 * gets its arguments one by one. Nothing here runs anything.
 */

/** A program with its arguments; `stdin` is what it reads (tc -batch -, nft -f -). */
export interface RunCommand {
  readonly run: readonly [program: string, ...args: string[]];
  readonly stdin?: string;
  /** Exit statuses beside 0 that mean 'nothing to do': what is to be removed is not there. */
  readonly accept?: readonly number[];
  /** It is killed when it takes longer (milliseconds); undefined: a minute. */
  readonly longestMs?: number;
}

/** A file to be written as a whole: to a temporary name first, then renamed. */
export interface WriteCommand {
  /** Absolute path. */
  readonly write: string;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  readonly text: string;
}

/** A file system's limits for one project, set by quotactl_fd(2): setquota(8) without a search for the mount. */
export interface QuotaCommand {
  /** Any path on the file system. */
  readonly quota: string;
  readonly project: number;
  /** 0: no limit. */
  readonly hardKiB: number;
  /** Files, folders and whatever else has a name, at most; 0: no limit. */
  readonly hardInodes: number;
}

export type Command = RunCommand | WriteCommand | QuotaCommand;

/** run makes the command that runs `program` with `args`. */
export function run(program: string, ...args: readonly string[]): RunCommand {
  return { run: [program, ...args] };
}

/** runAccepting makes a command whose exit statuses `accept` count as success too. */
export function runAccepting(
  accept: readonly number[],
  program: string,
  ...args: readonly string[]
): RunCommand {
  return { run: [program, ...args], accept };
}

/** writeFile makes the command that writes `text` to `path`. */
export function writeFile(path: string, mode: number, text: string): WriteCommand {
  return { write: path, mode, text };
}

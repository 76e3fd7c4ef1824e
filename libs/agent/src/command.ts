/**
 * Commands as data: what a driver runs or writes, and what people are shown. Never a shell: a program
 * gets its arguments one by one. Nothing here runs anything.
 */

/** A program with its arguments; `stdin` is what it reads (tc -batch -, nft -f -). */
export interface RunCommand {
  readonly run: readonly [program: string, ...args: string[]];
  readonly stdin?: string;
}

/** A file to be written as a whole: to a temporary name first, then renamed. */
export interface WriteCommand {
  /** Absolute path. */
  readonly write: string;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  readonly text: string;
}

export type Command = RunCommand | WriteCommand;

/** run makes the command that runs `program` with `args`. */
export function run(program: string, ...args: readonly string[]): RunCommand {
  return { run: [program, ...args] };
}

/** writeFile makes the command that writes `text` to `path`. */
export function writeFile(path: string, mode: number, text: string): WriteCommand {
  return { write: path, mode, text };
}

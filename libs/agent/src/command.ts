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

/** A folder, with those above it: mode and owner are set also when it is there already (install(1), -d). */
export interface FolderCommand {
  /** Absolute path. */
  readonly folder: string;
  /** Permission bits, such as 0o755. */
  readonly mode: number;
  /** User and group id; undefined: as it is. */
  readonly owner?: number;
}

/** A folder whose contents, as far as they are made from now on, are charged to a project. */
export interface ChargeCommand {
  readonly charge: string;
  readonly project: number;
}

/** Something that must be there; a link is followed. */
export interface NeedCommand {
  readonly need: string;
}

/** A new name, on the same file system; what is in the way is replaced if it is an empty folder or a file (rename(2)). */
export interface MoveCommand {
  readonly move: string;
  readonly to: string;
}

/** A file, or a folder with all that is in it, is deleted; where there is none, nothing is done. */
export interface RemoveCommand {
  readonly remove: string;
}

/** What is done to files by system calls: no program is started for it. */
export type FileCommand =
  | WriteCommand
  | QuotaCommand
  | FolderCommand
  | ChargeCommand
  | NeedCommand
  | MoveCommand
  | RemoveCommand;

/** Something that systemd does with a unit when it is asked over the bus; systemctl(1) stands for it. */
export interface UnitCommand {
  readonly unit: string;
  readonly act: 'start' | 'stop' | 'reload';
}

/** Resource properties of a unit, each `NAME=VALUE` as in systemd.resource-control(5): they take hold now or with its start. */
export interface UnitPropertiesCommand {
  readonly unit: string;
  readonly properties: readonly string[];
  /** They are forgotten at the next boot. */
  readonly runtime?: true;
}

/** What systemd is asked for: no program is started for it. */
export type SystemdCommand = UnitCommand | UnitPropertiesCommand;

export type Command = RunCommand | FileCommand | SystemdCommand;

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

/** makeFolder makes the command that makes a folder; `owner` is its user and its group. */
export function makeFolder(path: string, mode: number, owner?: number): FolderCommand {
  return { folder: path, mode, ...(owner === undefined ? {} : { owner }) };
}

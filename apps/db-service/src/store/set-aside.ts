/**
 * Puts a damaged database out of the way and its successor in its place. At every moment a crash leaves
 * either the damaged file where it was, or a complete successor for the next start to find.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Damaged files kept for inspection; older ones go. */
const MAX_SET_ASIDE = 3;
/** SQLite's companions of a database file (https://www.sqlite.org/tempfiles.html). */
const SIDES = ['-wal', '-shm', '-journal'];

/** removeDatabase deletes a database and its companions, if there are any. */
export function removeDatabase(file: string): void {
  for (const side of ['', ...SIDES]) rmSync(file + side, { force: true });
}

/** successorOf names the file in which the successor of `file` is built. */
export const successorOf = (file: string): string => `${file}.successor`;

/** asideNameFor returns a name, not yet taken, to keep the damaged `file` under. Names sort by time. */
export function asideNameFor(file: string, now: Date): string {
  const stamp = now.toISOString().replace(/[:.]/g, '-');
  for (let count = 0; ; count++) {
    const name = `${file}.damaged-${stamp}${count === 0 ? '' : `.${count}`}`;
    if (!existsSync(name) && !SIDES.some((side) => existsSync(name + side))) return name;
  }
}

/** setAside moves `file` and its companions to `target`, and moves the successor into its place. */
export function setAside(file: string, target: string): void {
  // The file first: from here on the successor counts, whatever else has yet to be moved.
  for (const side of ['', ...SIDES]) {
    if (existsSync(file + side)) renameSync(file + side, target + side);
  }
  renameSync(successorOf(file), file);
  forgetOldest(file);
}

/** finishSetAside completes a setAside that a crash has cut short. */
export function finishSetAside(file: string, now: Date): void {
  if (existsSync(file) || !existsSync(successorOf(file))) return;
  setAside(file, asideNameFor(file, now));
}

function forgetOldest(file: string): void {
  const prefix = `${basename(file)}.damaged-`;
  const kept = readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix) && !SIDES.some((side) => name.endsWith(side)))
    .sort();
  for (const name of kept.slice(0, -MAX_SET_ASIDE)) removeDatabase(join(dirname(file), name));
}

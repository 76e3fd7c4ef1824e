/**
 * Recognises a file system on which SQLite's shared index of a WAL cannot be (virtiofs, some of FUSE: no shared
 * memory maps). There the index is kept in the process's own memory, which wants the file to itself: no
 * other process can open it meanwhile (https://www.sqlite.org/wal.html#noshm). db-service is the only one.
 */
import type Database from 'better-sqlite3';

/** lacksSharedMaps reports whether `error` means that the file system has no shared memory maps. */
export function lacksSharedMaps(error: unknown): boolean {
  const code = (error as { readonly code?: string } | undefined)?.code ?? '';
  return code.startsWith('SQLITE_IOERR_SHM');
}

/** useDatabaseAlone makes a connection that has read nothing yet keep the index to itself. */
export function useDatabaseAlone(db: Database.Database): void {
  db.pragma('locking_mode = EXCLUSIVE');
}

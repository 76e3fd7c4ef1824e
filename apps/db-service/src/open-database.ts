/**
 * Opens the database whatever happened. A damaged file is set aside, never deleted at once and never
 * written again; what can still be read of it is copied into a new one (salvage-rows.ts).
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { MIGRATIONS, SCHEMA_VERSION } from './migrations.ts';
import { type SalvagedRow, salvageRows } from './salvage-rows.ts';

export type Sqlite = Database.Database;

export interface OpenedDatabase {
  readonly db: Sqlite;
  /** Present when a damaged file was set aside: why, where to, and what was readable in it. */
  readonly salvaged?: {
    readonly reason: string;
    readonly setAside: string;
    readonly rows: readonly SalvagedRow[];
  };
}

/** A file from a newer version of the program is whole, and none of our business. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError';
}

/** Damaged files kept for inspection; older ones go. */
const MAX_SET_ASIDE = 3;
/** After a checkpoint the WAL file shrinks to this (bytes). */
const WAL_LIMIT = 4 << 20;

const DAMAGE = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);

/** isDamage reports whether `error` says that the file itself is damaged. */
export function isDamage(error: unknown): boolean {
  const code = (error as { readonly code?: string } | undefined)?.code ?? '';
  return [...DAMAGE].some((damage) => code.startsWith(damage));
}

function migrate(db: Sqlite, file: string): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > SCHEMA_VERSION) {
    throw new NewerDatabaseError(
      `${file} has schema version ${version}, this program knows up to ${SCHEMA_VERSION}: install the version that wrote it`,
    );
  }
  db.transaction(() => {
    for (const step of MIGRATIONS.slice(version)) db.exec(step);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  })();
}

class DamagedError extends Error {
  override readonly name = 'DamagedError';
}

function openWhole(file: string): Sqlite {
  const db = new Database(file, { timeout: 2000 });
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma(`journal_size_limit = ${WAL_LIMIT}`);
    const [found] = db.pragma('quick_check(1)', { simple: false }) as { quick_check: string }[];
    if (found?.quick_check !== 'ok') throw new DamagedError(found?.quick_check ?? 'no answer');
    migrate(db, file);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

const SIDE_FILES = ['', '-wal', '-shm'];

function setAside(file: string, now: Date): string {
  const stamp = now.toISOString().replace(/[:.]/g, '-');
  const target = `${file}.damaged-${stamp}`;
  for (const side of SIDE_FILES) {
    if (existsSync(file + side)) renameSync(file + side, target + side);
  }
  const prefix = `${basename(file)}.damaged-`;
  const old = readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix) && !/-(wal|shm)$/.test(name))
    .sort()
    .slice(0, -MAX_SET_ASIDE);
  for (const name of old) {
    for (const side of SIDE_FILES) rmSync(join(dirname(file), name + side), { force: true });
  }
  return target;
}

/** openDatabase returns a database that works; throws only when the disk itself will not have one. */
export function openDatabase(file: string, now: Date): OpenedDatabase {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    return { db: openWhole(file) };
  } catch (error) {
    if (!(error instanceof DamagedError) && !isDamage(error)) throw error;
    const target = setAside(file, now);
    const rows = salvageRows(target);
    const reason = (error as Error).message;
    return { db: openWhole(file), salvaged: { reason, setAside: target, rows } };
  }
}

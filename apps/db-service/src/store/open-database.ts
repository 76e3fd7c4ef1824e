/**
 * Opens the database whatever happened. A damaged file is set aside, never deleted at once and never
 * written again; what can still be read of it goes into a new one (salvage-rows.ts, set-aside.ts).
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { MIGRATIONS, SCHEMA_VERSION, tablesOf } from './migrations.ts';
import { lacksSharedMaps, useDatabaseAlone } from './private-index.ts';
import { type Salvaged, salvageRows } from './salvage-rows.ts';
import {
  asideNameFor,
  finishSetAside,
  removeDatabase,
  setAside,
  successorOf,
} from './set-aside.ts';

export type Sqlite = Database.Database;

/** Why a file was set aside, and where to. */
export interface Damage {
  readonly reason: string;
  readonly setAside: string;
}

/** Writes what was salvaged into the new database. */
export type Refill = (db: Sqlite, salvaged: Salvaged, damage: Damage) => void;

/** A file from a newer version of the program is whole, and none of our business. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError';
}

class DamagedError extends Error {
  override readonly name = 'DamagedError';
}

/** After a checkpoint the WAL file shrinks to this (bytes). */
const WAL_LIMIT = 4 << 20;

/** The last three are a disk that does not give back what was written (https://www.sqlite.org/rescode.html). */
const DAMAGE = [
  'SQLITE_CORRUPT',
  'SQLITE_NOTADB',
  'SQLITE_IOERR_READ',
  'SQLITE_IOERR_SHORT_READ',
  'SQLITE_IOERR_CORRUPTFS',
  // SQLITE_IOERR_READ, where it is our own read of the header.
  'EIO',
];

/** isDamage reports whether `error` says that the file itself is damaged. */
export function isDamage(error: unknown): boolean {
  if (error instanceof DamagedError) return true;
  const code = (error as { readonly code?: string } | undefined)?.code ?? '';
  return DAMAGE.some((damage) => code.startsWith(damage));
}

/** Every page is looked at, and every index compared: what is found later would end the process. */
function checkWhole(db: Sqlite): void {
  let answer: unknown;
  try {
    answer = db.pragma('integrity_check(1)', { simple: true });
  } catch (cause) {
    // A schema that makes no sense is a plain SQLITE_ERROR.
    if ((cause as { code?: string }).code !== 'SQLITE_ERROR') throw cause;
    throw new DamagedError((cause as Error).message, { cause });
  }
  if (answer !== 'ok') throw new DamagedError(String(answer));
}

function migrate(db: Sqlite, file: string): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > SCHEMA_VERSION) {
    throw new NewerDatabaseError(
      `${file} has schema version ${version}, this program knows up to ${SCHEMA_VERSION}: install the version that wrote it`,
    );
  }
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  const missing = tablesOf(version).filter((table) => !tables.includes(table));
  if (version === 0 ? tables.length > 0 : missing.length > 0) {
    throw new DamagedError(`its tables are not those of schema version ${version}`);
  }
  if (version === SCHEMA_VERSION) return;
  db.transaction(() => {
    for (const { sql } of MIGRATIONS.slice(version)) db.exec(sql);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  })();
}

function openWith(file: string, prepare: (db: Sqlite) => void): Sqlite {
  const db = new Database(file, { timeout: 2000 });
  try {
    prepare(db);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma(`journal_size_limit = ${WAL_LIMIT}`);
    checkWhole(db);
    migrate(db, file);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Where the header says in which format the file is written, and the newest that there is (fileformat2.html, 1.3.3). */
const [WRITE_FORMAT_AT, NEWEST_WRITE_FORMAT] = [18, 2];

/** writeFormatOf returns what the header says of how the file is written. */
function writeFormatOf(file: string): number {
  const header = Buffer.alloc(WRITE_FORMAT_AT + 1);
  const fd = openSync(file, 'r');
  try {
    readSync(fd, header, 0, header.length, 0);
  } finally {
    closeSync(fd);
  }
  return header.readUInt8(WRITE_FORMAT_AT);
}

/** A file of a newer format than there is SQLite takes for one that it may only read: it opens, and no write succeeds. */
function throwIfOfNewerFormat(file: string): void {
  const format = writeFormatOf(file);
  if (format > NEWEST_WRITE_FORMAT) {
    throw new DamagedError(`its header says that it is written in format ${format}`);
  }
}

function openWhole(file: string): Sqlite {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.size === 0) throw new DamagedError('the file is empty');
  if (found?.isFile()) throwIfOfNewerFormat(file);
  try {
    return openWith(file, () => {});
  } catch (error) {
    if (!lacksSharedMaps(error)) throw error;
    return openWith(file, useDatabaseAlone);
  }
}

/** Builds the successor of a damaged file: complete and in one file before it takes its place. */
function buildSuccessor(file: string, fill: (db: Sqlite) => void): void {
  const successor = successorOf(file);
  removeDatabase(successor);
  const db = openWhole(successor);
  try {
    fill(db);
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

/** The type of the file system that a folder is on (proc(5), mounts); 'unknown' where no line has it. */
function fileSystemOf(folder: string): string {
  const real = `${realpathSync(folder)}/`;
  const mounts = readFileSync('/proc/self/mounts', 'utf8').trim().split('\n');
  const [best] = mounts
    .map((line) => line.split(' '))
    .filter(([, at = '']) => real.startsWith(at === '/' ? at : `${at}/`))
    .sort(([, a = ''], [, b = '']) => b.length - a.length);
  return best?.[2] ?? 'unknown';
}

function openingFailed(file: string, error: unknown): Error {
  if (error instanceof NewerDatabaseError) return error;
  const { code = '', message } = error as Error & { readonly code?: string };
  const folder = dirname(file);
  return new Error(
    `${file} (on ${fileSystemOf(folder)}): ${message}${code === '' ? '' : ` (${code})`}; node.state_dir must be on a file system with locks and room, and ${folder} this user's to write`,
    { cause: error },
  );
}

/**
 * openDatabase returns a database that works. Of a damaged one `refill` gets what was salvaged, to put
 * it into its successor. Throws NewerDatabaseError, or when the disk itself will not have a database.
 */
export function openDatabase(file: string, now: Date, refill: Refill): Sqlite {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    finishSetAside(file, now);
    return openOrReplace(file, now, refill);
  } catch (error) {
    throw openingFailed(file, error);
  }
}

function openOrReplace(file: string, now: Date, refill: Refill): Sqlite {
  try {
    return openWhole(file);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const target = asideNameFor(file, now);
    const damage = { reason: (error as Error).message, setAside: target };
    const salvaged = salvageRows(file);
    buildSuccessor(file, (db) => refill(db, salvaged, damage));
    setAside(file, target);
    return openWhole(file);
  }
}

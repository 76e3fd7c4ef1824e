/**
 * Reads what can still be read of a damaged database. A damaged page ends a scan, so each table is
 * read from both ends, and what lies between two damaged pages is looked up row by row with the rowids
 * that the index of keys has. Nothing is written to the damaged file.
 */
import { copyFileSync, existsSync } from 'node:fs';
import { type Revision, revisionSchema } from '@nodemgr/records';
import Database from 'better-sqlite3';
import { lacksSharedMaps, useDatabaseAlone } from './private-index.ts';
import type { StoredEvent } from './row-schemas.ts';
import { removeDatabase } from './set-aside.ts';

/** A row as it was found: not yet checked. */
export interface SalvagedRow {
  readonly table: string;
  readonly key: string;
  readonly source?: string;
  readonly body: string;
}

export interface Salvaged {
  readonly rows: readonly SalvagedRow[];
  /** The events of each account from its first one to its last one. */
  readonly events: readonly StoredEvent[];
  /** The last revision that can be read; it may be older than the last one given out. */
  readonly revision: Revision | undefined;
}

/** Tables worth saving. `sources` and `holds` are not: the last good document is delivered again. */
const TABLES = ['records', 'locals', 'removed', 'last_words', 'remarks'] as const;

type Found = Omit<SalvagedRow, 'table'> & { readonly rowid: number };

/** The rows that `statement` gives before it ends or meets a damaged page. */
function untilDamage<Row>(db: Database.Database, sql: string, ...args: readonly unknown[]): Row[] {
  const found: Row[] = [];
  try {
    for (const row of db.prepare<unknown[], Row>(sql).iterate(...args)) found.push(row);
  } catch {
    // The damaged page: what was read before it is the result, and other ways are tried too.
  }
  return found;
}

function readTable(db: Database.Database, table: (typeof TABLES)[number]): SalvagedRow[] {
  const columns = table === 'records' ? 'rowid, key, source, body' : 'rowid, key, body';
  const found = new Map<number, Found>();
  // NOT INDEXED: the table's own pages, not the index, which may be the damaged part.
  const scan = `SELECT ${columns} FROM ${table} NOT INDEXED ORDER BY rowid`;
  const lookUp = `SELECT ${columns} FROM ${table} NOT INDEXED WHERE rowid = ?`;
  for (const order of ['ASC', 'DESC']) {
    for (const row of untilDamage<Found>(db, `${scan} ${order}`)) found.set(row.rowid, row);
  }
  for (const order of ['ASC', 'DESC']) {
    const rowids = `SELECT rowid FROM ${table} ORDER BY key ${order}`;
    for (const { rowid } of untilDamage<{ rowid: number }>(db, rowids)) {
      if (found.has(rowid)) continue;
      for (const row of untilDamage<Found>(db, lookUp, rowid)) found.set(rowid, row);
    }
  }
  return [...found.values()].map(({ rowid: _, ...row }) => ({ table, ...row }));
}

/** Events on a damaged page are lost; the history before and behind it is not. */
function readEvents(db: Database.Database): StoredEvent[] {
  const found = new Map<string, StoredEvent & { readonly lane: number; readonly n: number }>();
  for (const order of ['ASC', 'DESC']) {
    const scan = `SELECT account, lane, n, at, body FROM events
      ORDER BY account ${order}, lane ${order}, n ${order}`;
    for (const event of untilDamage<StoredEvent & { lane: number; n: number }>(db, scan)) {
      found.set(`${event.account} ${event.lane} ${event.n}`, event);
    }
  }
  return [...found.values()].sort((a, b) => a.n - b.n);
}

function readRevision(db: Database.Database): Revision | undefined {
  const [row] = untilDamage<{ value: string }>(db, "SELECT value FROM meta WHERE key = 'revision'");
  return revisionSchema.safeParse(Number(row?.value)).data;
}

/** Where a copy is read instead: it takes the log with it, and may be written. */
const copyOf = (file: string): string => `${file}.salvage`;

function openCopy(file: string): Database.Database {
  const copy = copyOf(file);
  removeDatabase(copy);
  copyFileSync(file, copy);
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
  const db = new Database(copy, { fileMustExist: true });
  useDatabaseAlone(db);
  return db;
}

/** Opens the damaged database. Read-only: to close it must not merge its log into the file. */
function openDamaged(file: string): Database.Database {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
  } catch (error) {
    if (!lacksSharedMaps(error)) return db;
    db.close();
    return openCopy(file);
  }
  return db;
}

/** salvageRows returns the readable rows of the database at `file`; none when nothing is readable. */
export function salvageRows(file: string): Salvaged {
  let db: Database.Database | undefined;
  try {
    const opened = openDamaged(file);
    db = opened;
    return {
      rows: TABLES.flatMap((table) => readTable(opened, table)),
      events: readEvents(opened),
      revision: readRevision(opened),
    };
  } catch {
    // Not even a header: there is nothing to save, and the file stays for inspection.
    return { rows: [], events: [], revision: undefined };
  } finally {
    db?.close();
    removeDatabase(copyOf(file));
  }
}

/**
 * Reads and writes the rows of the database, a transaction at a time. It decides nothing: what a
 * commit contains is decided by the decide-*.ts files.
 */

import type { Row, Salvage } from './node-state.ts';
import type { Sqlite } from './open-database.ts';
import type { StoredRow } from './row-schemas.ts';

const TABLES = ['records', 'locals', 'removed', 'sources', 'holds'] as const;
/** How long the answer to a request is remembered (seconds): longer than anyone retries. */
const REQUEST_MEMORY = 3600;

/** A request that changed something, so that its retry changes nothing. */
export interface AnsweredRequest {
  readonly id: string;
  /** Seconds since 1970. */
  readonly at: number;
}

export interface Commit {
  readonly rows: readonly Row[];
  readonly revision: number;
  readonly request?: AnsweredRequest | undefined;
}

export class RowStore {
  readonly #write;

  constructor(private readonly db: Sqlite) {
    this.#write = this.#prepare();
  }

  /** readAll returns every row that a state is made of. */
  readAll(): readonly StoredRow[] {
    return TABLES.flatMap((table) =>
      this.db
        .prepare<[], StoredRow>(`SELECT '${table}' AS "table", * FROM ${table} ORDER BY rowid`)
        .all(),
    );
  }

  /** The revision of the last commit; 0 in a new database. */
  revision(): number {
    return Number(this.#meta('revision') ?? 0);
  }

  salvage(): Salvage | undefined {
    const text = this.#meta('salvage');
    return text === undefined ? undefined : (JSON.parse(text) as Salvage);
  }

  noteSalvage(salvage: Salvage): void {
    this.#setMeta('salvage', JSON.stringify(salvage));
  }

  /** answeredAt returns the revision with which a request was answered, if it was. */
  answeredAt(requestId: string): number | undefined {
    const row = this.db
      .prepare<[string], { revision: number }>('SELECT revision FROM requests WHERE id = ?')
      .get(requestId);
    return row?.revision;
  }

  /** commit makes everything durable, or nothing. */
  commit(commit: Commit): void {
    this.#write(commit);
  }

  close(): void {
    this.db.close();
  }

  #prepare() {
    const { db } = this;
    const putRecord = db.prepare(
      'INSERT OR REPLACE INTO records (key, source, body) VALUES (?, ?, ?)',
    );
    const insertRequest = db.prepare('INSERT INTO requests (id, at, revision) VALUES (?, ?, ?)');
    const forgetRequests = db.prepare('DELETE FROM requests WHERE at < ?');
    const put = (table: string) =>
      db.prepare(`INSERT OR REPLACE INTO ${table} (key, body) VALUES (?, ?)`);
    const puts = Object.fromEntries(TABLES.slice(1).map((table) => [table, put(table)]));
    const drops = Object.fromEntries(
      TABLES.map((table) => [table, db.prepare(`DELETE FROM ${table} WHERE key = ?`)]),
    );
    const writeRow = (row: Row) => {
      if (row.value === undefined) drops[row.table]?.run(row.key);
      else if (row.table === 'records') {
        putRecord.run(row.key, row.value.source, JSON.stringify(row.value.record));
      } else puts[row.table]?.run(row.key, JSON.stringify(row.value));
    };
    return db.transaction(({ rows, revision, request }: Commit) => {
      for (const row of rows) writeRow(row);
      if (revision !== this.revision()) this.#setMeta('revision', String(revision));
      if (request !== undefined) {
        insertRequest.run(request.id, request.at, revision);
        forgetRequests.run(request.at - REQUEST_MEMORY);
      }
    });
  }

  #meta(key: string): string | undefined {
    return this.db
      .prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?')
      .get(key)?.value;
  }

  #setMeta(key: string, value: string): void {
    this.db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(key, value);
  }
}

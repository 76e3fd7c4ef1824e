/**
 * Reads and writes the rows of the database, a transaction at a time. It decides nothing: what a
 * commit contains is decided by the decide-*.ts files.
 */
import type { NodeEvent } from '@nodemgr/contracts';
import { type Revision, revisionSchema } from '@nodemgr/records';
import { EventStore } from './event-store.ts';
import type { Row, Salvage } from './node-state.ts';
import type { Sqlite } from './open-database.ts';
import { readSalvage, type StoredRow } from './row-schemas.ts';

const TABLES = [
  'records',
  'locals',
  'removed',
  'sources',
  'holds',
  'last_words',
  'remarks',
] as const;
/**
 * Requests whose answers are remembered: more than can be made durable while anyone still retries
 * one. Counted, because a clock that jumps would forget all of them, or none ever again.
 */
const REQUESTS_KEPT = 50_000;

/** The row of `meta` that a probe writes; one that a crash leaves is nobody's, and the next probe's. */
const PROBE = 'probe';

/** A request that changed something, so that its retry changes nothing. */
export interface AnsweredRequest {
  readonly id: string;
  /** Seconds since 1970: for people who inspect the file; nothing depends on it. */
  readonly at: number;
}

export interface Commit {
  readonly rows: readonly Row[];
  readonly revision: Revision;
  /** The requests that it answers. */
  readonly requests?: readonly AnsweredRequest[];
  /** The meaning of the change, for the history. */
  readonly events?: readonly NodeEvent[];
}

export class RowStore {
  readonly history: EventStore;
  readonly #commit;
  readonly #answered;
  readonly #meta;
  readonly #setMeta;
  readonly #dropMeta;

  constructor(
    private readonly db: Sqlite,
    private readonly requestsKept: number = REQUESTS_KEPT,
  ) {
    this.#meta = db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?');
    this.#setMeta = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)');
    this.#dropMeta = db.prepare('DELETE FROM meta WHERE key = ?');
    this.#answered = db.prepare<[string], { revision: Revision }>(
      'SELECT revision FROM requests WHERE id = ?',
    );
    this.history = new EventStore(db);
    this.#commit = this.#prepareCommit();
  }

  /** The path of the file. */
  get file(): string {
    return this.db.name;
  }

  /** readAll returns every row that a state is made of. */
  readAll(): readonly StoredRow[] {
    return TABLES.flatMap((table) =>
      this.db
        .prepare<[], StoredRow>(`SELECT '${table}' AS "table", * FROM ${table} ORDER BY rowid`)
        .all(),
    );
  }

  /** The revision of the last commit; 0 in a new database; undefined when what is stored is no number. */
  revision(): Revision | undefined {
    return revisionSchema.safeParse(Number(this.#meta.get('revision')?.value ?? 0)).data;
  }

  /** The last salvage that was noted; throws when the note cannot be read. */
  salvage(): Salvage | undefined {
    const text = this.#meta.get('salvage')?.value;
    return text === undefined ? undefined : readSalvage(text);
  }

  noteSalvage(salvage: Salvage): void {
    this.#setMeta.run('salvage', JSON.stringify(salvage));
  }

  /** answeredAt returns the revision with which a request was answered, if it was. */
  answeredAt(requestId: string): Revision | undefined {
    return this.#answered.get(requestId)?.revision;
  }

  /** commit makes everything durable, or nothing. */
  commit(commit: Commit): void {
    this.#commit(commit);
  }

  /** probe writes so many bytes durably, and takes them away again; throws when the disk refuses them. */
  probe(bytes: number): void {
    this.#setMeta.run(PROBE, 'x'.repeat(bytes));
    this.#dropMeta.run(PROBE);
  }

  close(): void {
    this.db.close();
  }

  #prepareCommit() {
    const { db } = this;
    const writeRow = this.#prepareRowWriter();
    const insertRequest = db.prepare('INSERT INTO requests (id, at, revision) VALUES (?, ?, ?)');
    const forgetRequests = db.prepare(
      'DELETE FROM requests WHERE rowid <= (SELECT max(rowid) FROM requests) - ?',
    );
    return db.transaction(({ rows, revision, requests = [], events = [] }: Commit) => {
      for (const row of rows) writeRow(row);
      for (const event of events) this.history.add(event);
      if (revision !== this.revision()) this.#setMeta.run('revision', String(revision));
      for (const { id, at } of requests) insertRequest.run(id, at, revision);
      if (requests.length > 0) forgetRequests.run(this.requestsKept);
    });
  }

  #prepareRowWriter(): (row: Row) => void {
    const { db } = this;
    // Updated in place: rows keep their order, and the file does not churn.
    const putRecord = db.prepare(
      `INSERT INTO records (key, source, body) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET source = excluded.source, body = excluded.body`,
    );
    const put = (table: string) =>
      db.prepare(
        `INSERT INTO ${table} (key, body) VALUES (?, ?)
         ON CONFLICT (key) DO UPDATE SET body = excluded.body`,
      );
    const puts = Object.fromEntries(TABLES.slice(1).map((table) => [table, put(table)]));
    const drops = Object.fromEntries(
      TABLES.map((table) => [table, db.prepare(`DELETE FROM ${table} WHERE key = ?`)]),
    );
    return (row) => {
      if (row.value === undefined) drops[row.table]?.run(row.key);
      else if (row.table === 'records') {
        putRecord.run(row.key, row.value.source, JSON.stringify(row.value.record));
      } else puts[row.table]?.run(row.key, JSON.stringify(row.value));
    };
  }
}

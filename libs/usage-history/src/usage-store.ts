/**
 * The file of a history of use: an SQLite database of one process. It keeps and sums what it is given, and decides
 * nothing. Every method throws what SQLite throws; a transaction that fails leaves nothing behind.
 */
import { AMOUNT_NAMES, PERIOD_AMOUNTS, type PeriodAmounts, type UseRow } from '@nodemgr/contracts';
import { type AccountName, isSliceName } from '@nodemgr/records';
import Database from 'better-sqlite3';
import type { Extent, Pruning } from './plan-pruning.ts';
import type { Seen } from './use-added.ts';

const VERSION = 1;
const HOUR = 3600;

/** The rest is for writes until the next pruning. */
const HARD_BOUND = 1.25;
const PAGE_BYTES = 4096;
/** KiB of pages that stay in memory. */
const CACHE_KIB = 512;
/** Pages of the WAL that are written back at once: a MiB. */
const CHECKPOINT_PAGES = 256;

const columns = (of: (column: string, isCount: boolean) => string): string =>
  AMOUNT_NAMES.map((name) => of(name, PERIOD_AMOUNTS[name].kind === 'count')).join(', ');
const NAMES = columns((name) => name);
const TYPED = columns((name) => `${name} INTEGER`);
const GIVEN = columns((name) => `@${name}`);
const REPLACED = columns((name) => `${name} = excluded.${name}`);
const SUMMED = columns((name, isCount) => `${isCount ? 'sum' : 'max'}(${name}) AS ${name}`);
/** A sum and a max() of SQL are NULL where one of them is. */
const MERGED = columns((name, isCount) => {
  const both = isCount ? `${name} + excluded.${name}` : `max(${name}, excluded.${name})`;
  return `${name} = coalesce(${both}, ${name}, excluded.${name})`;
});
const MERGE = `DO UPDATE SET seconds = seconds + excluded.seconds, ${MERGED}`;

/**
 * Minutes are in the order in which they come, so that a look writes few pages. Hours are by sliver: a tenant may ask
 * for its own as often as it likes, and they are written once an hour. Minutes before `summed_to` are in the hours.
 */
const SCHEMA = `
  CREATE TABLE slivers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, era TEXT NOT NULL, ${TYPED}) STRICT;
  CREATE TABLE minutes (at INTEGER, sliver INTEGER, seconds INTEGER NOT NULL, ${TYPED}, PRIMARY KEY (at, sliver)) STRICT, WITHOUT ROWID;
  CREATE TABLE hours (sliver INTEGER, at INTEGER, seconds INTEGER NOT NULL, ${TYPED}, PRIMARY KEY (sliver, at)) STRICT, WITHOUT ROWID;
  CREATE TABLE marks (one INTEGER PRIMARY KEY CHECK (one = 1), looked_at INTEGER NOT NULL, summed_to INTEGER NOT NULL) STRICT;
  PRAGMA user_version = ${VERSION};
`;

/** Hours, and of the hours that are not summed yet their minutes; both may be bounded by `where`. */
const HOURLY = (where: string) => `
  SELECT sliver, at, seconds, ${NAMES} FROM hours WHERE ${where}
  UNION ALL SELECT sliver, at - at % ${HOUR} AS at, seconds, ${NAMES} FROM minutes
  WHERE ${where} AND at >= (SELECT summed_to FROM marks)`;
const BY_MINUTE = (where: string) =>
  `SELECT sliver, at, seconds, ${NAMES} FROM minutes WHERE ${where}`;

/** The file cannot be used: it is set aside. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}

/** Codes of a disk that gives other bytes than were written (https://www.sqlite.org/rescode.html). */
const DAMAGE = [
  'SQLITE_CORRUPT',
  'SQLITE_NOTADB',
  'SQLITE_IOERR_READ',
  'SQLITE_IOERR_SHORT_READ',
  'SQLITE_IOERR_CORRUPTFS',
];

/** isDamage reports whether `error` says that the file is none of ours, or not as it was written. */
export function isDamage(error: unknown): boolean {
  if (error instanceof UnusableFile) return true;
  const { code = '' } = error as { readonly code?: string };
  return DAMAGE.some((damage) => code.startsWith(damage));
}

type Row = Readonly<Record<string, number | string | null>>;

function amountsIn(row: Row): PeriodAmounts {
  const amounts: PeriodAmounts = {};
  for (const name of AMOUNT_NAMES) {
    const amount = row[name];
    if (typeof amount === 'number') amounts[name] = amount;
  }
  return amounts;
}

const given = (amounts: PeriodAmounts) =>
  Object.fromEntries(AMOUNT_NAMES.map((name) => [name, amounts[name] ?? null]));

/** A sliver's part of one look. */
export interface Added {
  readonly name: AccountName;
  /** What belongs into the history. */
  readonly amounts: PeriodAmounts;
  readonly seen: Seen;
}

/** A look at all slivers. Times are in seconds since 1970. */
export interface Look {
  readonly at: number;
  /** The minute that it is of. */
  readonly minute: number;
  /** Since the look before it. */
  readonly seconds: number;
  readonly added: readonly Added[];
}

/** What was seen last. */
export interface LastLook {
  /** Undefined: there was none. */
  readonly at: number | undefined;
  readonly slivers: ReadonlyMap<AccountName, Seen>;
}

function prepare(db: Database.Database, maxBytes: number): void {
  // One process has it: then the index of the WAL is in its memory, and no file system lacks anything.
  db.pragma('locking_mode = EXCLUSIVE');
  db.pragma('journal_mode = WAL');
  // A power cut may take the last minutes, and leaves the file whole.
  db.pragma('synchronous = NORMAL');
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.pragma(`journal_size_limit = ${CHECKPOINT_PAGES * PAGE_BYTES}`);
  db.pragma(`cache_size = -${CACHE_KIB}`);
  db.pragma(`max_page_count = ${Math.ceil((HARD_BOUND * maxBytes) / PAGE_BYTES)}`);
  const version = db.pragma('user_version', { simple: true }) as number;
  const tables = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
  if (version > VERSION) throw new UnusableFile(`a newer version has written it (${version})`);
  if (version === 0 && tables > 0) throw new UnusableFile('it is a database of something else');
  if (version === 0) db.transaction(() => db.exec(SCHEMA))();
}

export class UsageStore {
  readonly #db: Database.Database;
  readonly #prepared = new Map<string, Database.Statement>();

  private constructor(db: Database.Database) {
    this.#db = db;
  }

  /** open opens or makes the file, in a folder that is there. */
  static open(file: string, maxBytes: number): UsageStore {
    const db = new Database(file);
    try {
      prepare(db, maxBytes);
      const store = new UsageStore(db);
      // Another version's tables under our number would be found at the first look otherwise.
      store.lastLook();
      return store;
    } catch (error) {
      db.close();
      const isForeign = (error as { readonly code?: string }).code === 'SQLITE_ERROR';
      throw isForeign ? new UnusableFile((error as Error).message, { cause: error }) : error;
    }
  }

  close(): void {
    this.#db.close();
  }

  lastLook(): LastLook {
    const rows = this.#get(`SELECT name, era, ${NAMES} FROM slivers`).all() as Row[];
    const slivers = new Map<AccountName, Seen>();
    for (const row of rows) {
      const { name, era } = row;
      if (typeof name !== 'string' || !isSliceName(name)) continue;
      slivers.set(name, { era: String(era), amounts: amountsIn(row) });
    }
    const at = this.#get('SELECT looked_at FROM marks').pluck().get() as number | undefined;
    return { at, slivers };
  }

  /** write adds a look, and sums the minutes of hours that are over by then. */
  write({ at, minute, seconds, added }: Look): void {
    const sliver = this.#get(
      `INSERT INTO slivers (name, at, era, ${NAMES}) VALUES (@name, @at, @era, ${GIVEN})
       ON CONFLICT (name) DO UPDATE SET at = excluded.at, era = excluded.era, ${REPLACED} RETURNING id`,
    ).pluck();
    const row = this.#get(
      `INSERT INTO minutes (at, sliver, seconds, ${NAMES}) VALUES (@minute, @id, @seconds, ${GIVEN})
       ON CONFLICT (at, sliver) ${MERGE}`,
    );
    this.#db.transaction(() => {
      for (const { name, amounts, seen } of added) {
        const id = sliver.get({ name, at, era: seen.era, ...given(seen.amounts) });
        row.run({ minute, id, seconds, ...given(amounts) });
      }
      const hour = minute - (minute % HOUR);
      this.#get(
        'INSERT INTO marks VALUES (1, @at, @hour) ON CONFLICT DO UPDATE SET looked_at = @at',
      ).run({ at, hour });
      this.#sumTo(hour);
    })();
  }

  /** forgetAfter takes away what a clock that was ahead has written after `minute`; returns how many rows. */
  forgetAfter(minute: number): number {
    return this.#db.transaction(() => {
      const minutes = this.#get('DELETE FROM minutes WHERE at > ?').run(minute).changes;
      const hours = this.#get('DELETE FROM hours WHERE at > ?').run(minute).changes;
      this.#get('UPDATE marks SET summed_to = min(summed_to, ?)').run(minute);
      return minutes + hours;
    })();
  }

  /** prune takes away what is too old, and slivers of which nothing is left. */
  prune({ minutesFrom, hoursFrom }: Pruning): void {
    this.#db.transaction(() => {
      this.#get(
        'DELETE FROM minutes WHERE at < min(?, coalesce((SELECT summed_to FROM marks), 0))',
      ).run(minutesFrom);
      this.#get('DELETE FROM hours WHERE sliver IN (SELECT id FROM slivers) AND at < ?').run(
        hoursFrom,
      );
      this.#get('DELETE FROM slivers WHERE at < ?').run(hoursFrom - HOUR);
    })();
  }

  /** usedBytes returns what rows and indexes take. */
  usedBytes(): number {
    const pages = this.#db.pragma('page_count', { simple: true }) as number;
    return (pages - (this.#db.pragma('freelist_count', { simple: true }) as number)) * PAGE_BYTES;
  }

  /** extent returns how much there is; it looks at all hours. */
  extent(): Extent {
    const oldest = (table: 'minutes' | 'hours') =>
      (this.#get(`SELECT min(at) FROM ${table}`).pluck().get() as number | null) ?? undefined;
    const usedBytes = this.usedBytes();
    return { usedBytes, oldestMinute: oldest('minutes'), oldestHour: oldest('hours') };
  }

  /** minutes returns the minutes of one sliver since `since`, oldest first. */
  minutes(name: AccountName, since: number): UseRow[] {
    return this.#rowsOf(name, since, BY_MINUTE, 60);
  }

  /** periods returns periods of whole hours of one sliver: `seconds` is how long a period is. */
  periods(name: AccountName, since: number, seconds: number): UseRow[] {
    return this.#rowsOf(name, since, HOURLY, seconds);
  }

  /** sums returns one sum for each sliver that has used anything since `since`, by its minutes or by its hours. */
  sums(since: number, step: 'minute' | 'hour'): UseRow[] {
    const from = (step === 'minute' ? BY_MINUTE : HOURLY)('at >= @since');
    const rows = this.#get(
      `SELECT name, of.* FROM (SELECT sliver, min(at) AS at, sum(seconds) AS seconds, ${SUMMED} FROM (${from})
       GROUP BY sliver) AS of JOIN slivers ON id = sliver ORDER BY name`,
    ).all({ since }) as Row[];
    return rows.map((row) => rowOf(String(row['name']), row));
  }

  #rowsOf(
    name: AccountName,
    since: number,
    from: (where: string) => string,
    period: number,
  ): UseRow[] {
    const id = this.#get('SELECT id FROM slivers WHERE name = ?').pluck().get(name);
    if (id === undefined) return [];
    const rows = this.#get(
      `SELECT at - at % @period AS at, sum(seconds) AS seconds, ${SUMMED}
       FROM (${from('sliver = @id AND at >= @since')}) GROUP BY 1 ORDER BY 1`,
    ).all({ id, since, period }) as Row[];
    return rows.map((row) => rowOf(name, row));
  }

  #sumTo(hour: number): void {
    const since = this.#get('SELECT summed_to FROM marks').pluck().get() as number;
    if (since >= hour) return;
    this.#get(
      `INSERT INTO hours (sliver, at, seconds, ${NAMES})
       SELECT sliver, at - at % ${HOUR}, sum(seconds), ${SUMMED} FROM minutes
       WHERE at >= @since AND at < @hour GROUP BY 1, 2 ON CONFLICT (sliver, at) ${MERGE}`,
    ).run({ since, hour });
    this.#get('UPDATE marks SET summed_to = ?').run(hour);
  }

  #get(sql: string): Database.Statement {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}

const rowOf = (name: string, row: Row): UseRow => ({
  name,
  at: Number(row['at']),
  seconds: Number(row['seconds']),
  amounts: amountsIn(row),
});

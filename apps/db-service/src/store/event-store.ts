/**
 * The history in the database: adds events within a commit's transaction, forgets old ones, and reads
 * them. What an event says is decided in commit/events.ts.
 */
import {
  EVENTS_KEPT,
  EVENTS_KEPT_OF_OTHERS,
  type EventsAnswer,
  type EventsQuery,
  isByOthers,
  type NodeEvent,
} from '@nodemgr/contracts';
import type { Sqlite } from './open-database.ts';
import { readEvent, type StoredEvent } from './row-schemas.ts';

/** Events that other slivers bring about are counted in a lane of their own. */
const LANES = { own: 0, byOthers: 1 } as const;
/** Events forgotten at once: a sweep that ends 30 days of a busy node must not hold up a write. */
const FORGOTTEN_AT_ONCE = 1000;
const NEWEST_FIRST = 'ORDER BY at DESC, account DESC, lane DESC, n DESC LIMIT ?';

export class EventStore {
  readonly #insert;
  readonly #forgetBeyond;
  readonly #forgetBefore;
  readonly #oldest;
  readonly #newest;
  readonly #all;
  readonly #ofAccount;

  constructor(
    db: Sqlite,
    private readonly kept = { own: EVENTS_KEPT, byOthers: EVENTS_KEPT_OF_OTHERS },
  ) {
    this.#insert = db.prepare<unknown[], { n: number }>(
      `INSERT INTO events (account, lane, n, at, body)
       SELECT @account, @lane, coalesce(max(n), 0) + 1, @at, @body
       FROM events WHERE account = @account AND lane = @lane RETURNING n`,
    );
    this.#forgetBeyond = db.prepare('DELETE FROM events WHERE account = ? AND lane = ? AND n <= ?');
    this.#forgetBefore = db.prepare(
      `DELETE FROM events WHERE (account, lane, n) IN
       (SELECT account, lane, n FROM events WHERE at < ? ORDER BY at LIMIT ${FORGOTTEN_AT_ONCE})`,
    );
    this.#oldest = db.prepare<[], { at: number | null }>('SELECT min(at) AS at FROM events');
    this.#newest = db.prepare<[], { at: number | null }>('SELECT max(at) AS at FROM events');
    this.#all = db.prepare<unknown[], StoredEvent>(
      `SELECT account, at, body FROM events WHERE at >= ? ${NEWEST_FIRST}`,
    );
    this.#ofAccount = db.prepare<unknown[], StoredEvent>(
      `SELECT account, at, body FROM events WHERE account = ? AND at >= ? ${NEWEST_FIRST}`,
    );
  }

  /** add writes one event and forgets those that are too many for its account. */
  add({ at, account, ...content }: NodeEvent): void {
    const name = isByOthers(content.what) ? 'byOthers' : 'own';
    const lane = LANES[name];
    const inserted = this.#insert.get({ account, lane, at, body: JSON.stringify(content) });
    const beyond = (inserted?.n ?? 0) - this.kept[name];
    if (beyond > 0) this.#forgetBeyond.run(account, lane, beyond);
  }

  /** hasBefore reports whether there are events older than `at` (milliseconds since 1970). */
  hasBefore(at: number): boolean {
    const oldest = this.#oldest.get()?.at ?? null;
    return oldest !== null && oldest < at;
  }

  /** newestAt returns when the newest event happened (milliseconds since 1970); 0: there is none. */
  newestAt(): number {
    return this.#newest.get()?.at ?? 0;
  }

  /** forgetBefore forgets events older than `at` (milliseconds since 1970), a bounded number a call. */
  forgetBefore(at: number): void {
    this.#forgetBefore.run(at);
  }

  /** list returns the newest events that match, oldest first. */
  list({ name, limit, since = 0 }: EventsQuery): EventsAnswer {
    const rows =
      name === undefined
        ? this.#all.all(since, limit + 1)
        : this.#ofAccount.all(name, since, limit + 1);
    const events = rows.slice(0, limit).flatMap((row) => readEvent(row) ?? []);
    return { events: events.reverse(), more: rows.length > limit };
  }
}

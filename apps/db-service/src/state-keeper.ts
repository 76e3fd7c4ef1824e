/**
 * Holds the state in memory and commits changes to it: to the file first, then to memory, then to the
 * feed. The only place where the state changes.
 */
import { randomUUID } from 'node:crypto';
import type { EventsAnswer, EventsQuery, FeedChange, FeedHeartbeat } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import type { Rspec } from '@nodemgr/records';
import type { Cause } from './commit-cause.ts';
import { deriveEvents } from './derive-events.ts';
import { allEntries, allocate, changedEntries, type Derived } from './derive-items.ts';
import { applyRows, type NodeState, type Row } from './node-state.ts';
import { isDamage } from './open-database.ts';
import type { AnsweredRequest, RowStore } from './row-store.ts';

export interface KeeperOptions {
  readonly store: RowStore;
  readonly state: NodeState;
  readonly revision: number;
  /** RSpec of a sliver whose record is silent. */
  readonly defaults: Rspec;
  readonly publish: (change: FeedChange) => void;
  /** Milliseconds since 1970: when events happened, for people. */
  readonly now: () => number;
  /** Told of rows that are durable, before they are published. */
  readonly committed?: (rows: readonly Row[]) => void;
  /** Told when the file turns out damaged: the process must start anew and salvage. */
  readonly damaged: (error: unknown) => void;
}

export class StateKeeper {
  /** A new one for each life of the process: no subscriber mixes two. */
  readonly #epoch = randomUUID();
  #derived: Derived;
  #revision: number;

  constructor(private readonly options: KeeperOptions) {
    const { state, revision, defaults } = options;
    this.#derived = { state, allocations: allocate(state, defaults) };
    this.#revision = revision;
  }

  get derived(): Derived {
    return this.#derived;
  }

  get state(): NodeState {
    return this.#derived.state;
  }

  get position(): FeedHeartbeat {
    return { epoch: this.#epoch, revision: this.#revision };
  }

  snapshot(): FeedChange {
    const { state, allocations } = this.#derived;
    return { ...this.position, entries: allEntries(state, allocations) };
  }

  /**
   * answeredAt returns the revision that answered `requestId`, if this is its retry. Throws Fault
   * `unavailable` when the file cannot be read.
   */
  answeredAt(requestId: string): number | undefined {
    return this.#reach('read', (store) => store.answeredAt(requestId));
  }

  /**
   * commit makes `rows` and their history durable and returns the revision at which they can be seen.
   * Nothing to change and no request to remember: nothing is written. Throws Fault `unavailable` when
   * the file cannot be written; then nothing has changed anywhere.
   */
  commit(rows: readonly Row[], cause: Cause, request?: AnsweredRequest): number {
    if (rows.length === 0 && request === undefined) return this.#revision;
    const before = this.#derived;
    const state = applyRows(before.state, rows);
    const allocations = allocate(state, this.options.defaults, before.allocations, rows);
    const after: Derived = { state, allocations };
    const entries = changedEntries(before, after, rows);
    const revision = entries.length === 0 ? this.#revision : this.#revision + 1;
    const at = Math.max(0, this.options.now());
    const events = deriveEvents(before, after, rows, cause).map((event) => ({ at, ...event }));
    this.#reach('written', (store) => store.commit({ rows, revision, request, events }));
    this.#derived = after;
    this.#revision = revision;
    this.options.committed?.(rows);
    if (entries.length > 0) this.options.publish({ epoch: this.#epoch, revision, entries });
    return revision;
  }

  /** events returns what happened. Throws Fault `unavailable` when the file cannot be read. */
  events(query: EventsQuery): EventsAnswer {
    return this.#reach('read', (store) => store.history.list(query));
  }

  /** forgetEvents forgets what happened before `at` (milliseconds since 1970), a part of it a call. */
  forgetEvents(at: number): void {
    this.#reach('written', (store) => store.history.forgetBefore(at));
  }

  #reach<T>(verb: 'read' | 'written', act: (store: RowStore) => T): T {
    try {
      return act(this.options.store);
    } catch (cause) {
      if (isDamage(cause)) this.options.damaged(cause);
      const { message } = cause as Error;
      throw new Fault('unavailable', `the database cannot be ${verb}: ${message}`, { cause });
    }
  }
}

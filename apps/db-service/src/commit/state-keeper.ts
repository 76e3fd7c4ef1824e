/**
 * Holds the state in memory and commits changes to it: to the file first, then to memory, then to the
 * feed. The only place where the state changes.
 */
import { randomUUID } from 'node:crypto';
import type { EventsAnswer, EventsQuery, FeedChange, FeedHeartbeat } from '@nodemgr/contracts';
import type { FailureBoard } from '@nodemgr/daemon';
import { Fault } from '@nodemgr/faults';
import { type Revision, type Rspec, revision as revisionOf } from '@nodemgr/records';
import { allEntries, allocate, changedEntries, type Derived } from '../feed/items.ts';
import { applyRows, type NodeState, type Row } from '../store/node-state.ts';
import { isDamage } from '../store/open-database.ts';
import type { AnsweredRequest, Commit, RowStore } from '../store/row-store.ts';
import type { Cause } from './cause.ts';
import { deriveEvents } from './events.ts';

export interface KeeperOptions {
  readonly store: RowStore;
  readonly state: NodeState;
  readonly revision: Revision;
  /** RSpec of a sliver whose record is silent. */
  readonly defaults: Rspec;
  readonly publish: (change: FeedChange) => void;
  /** Milliseconds since 1970: when a failed write is tried again, for people. */
  readonly now: () => number;
  /** Milliseconds since 1970: what events are stamped by (TrustedClock.stamps). */
  readonly eventMs: () => number;
  /** Told of rows that are durable, before they are published. */
  readonly committed?: (rows: readonly Row[]) => void;
  readonly failures: Pick<FailureBoard, 'report' | 'clear' | 'find'>;
  /** Told when the file turns out damaged: the process must start anew and salvage. */
  readonly damaged: (error: unknown) => void;
}

/** Subject on the failure board: a refused access is shown until one of its kind works. */
export const DATABASE = 'database';

type Access = 'read' | 'write';
const PAST: Readonly<Record<Access, string>> = { read: 'read', write: 'written' };

/** How often what the disk refused is tried again (milliseconds). */
const PROBE_MS = 1000;
/** A probe writes as much as was refused, within these bounds (bytes): a page has always room at last. */
const LEAST_PROBE = 4 << 10;
const MOST_PROBE = 1 << 20;

function refusalOf(error: unknown, file: string): string {
  const { message, code } = error as Error & { readonly code?: string };
  return `${file}: ${message}${code === undefined ? '' : ` (${code})`}`;
}

export class StateKeeper {
  /** A new one for each life of the process: no subscriber mixes two. */
  readonly #epoch = randomUUID();
  #derived: Derived;
  #revision: Revision;
  /** Size of the last commit that was refused. */
  #refusedBytes = 0;

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
  answeredAt(requestId: string): Revision | undefined {
    return this.#reach('read', (store) => store.answeredAt(requestId));
  }

  /**
   * commit makes `rows` and their history durable and returns the revision at which they can be seen.
   * Nothing to change and no request to remember: nothing is written. Throws Fault `unavailable` when
   * the file cannot be written; then nothing has changed anywhere.
   */
  commit(rows: readonly Row[], cause: Cause, request?: AnsweredRequest): Revision {
    if (rows.length === 0 && request === undefined) return this.#revision;
    const before = this.#derived;
    const state = applyRows(before.state, rows);
    const allocations = allocate(state, this.options.defaults, before.allocations, rows);
    const after: Derived = { state, allocations };
    const entries = changedEntries(before, after, rows);
    const revision = entries.length === 0 ? this.#revision : revisionOf(this.#revision + 1);
    const at = Math.max(0, this.options.eventMs());
    const events = deriveEvents(before, after, rows, cause).map((event) => ({ at, ...event }));
    this.#write({ rows, revision, request, events });
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
    // Nothing to forget writes nothing, and says nothing of the disk.
    if (!this.#reach('read', ({ history }) => history.hasBefore(at))) return;
    this.#reach('write', ({ history }) => history.forgetBefore(at));
  }

  /** tryAgain tries what the disk last refused with a write, or a read, of no consequence; never throws. */
  tryAgain(): void {
    const action = this.options.failures.find(DATABASE)?.action;
    if (action === undefined) return;
    const bytes = Math.min(Math.max(this.#refusedBytes, LEAST_PROBE), MOST_PROBE);
    try {
      if (action === 'write') this.#reach('write', (store) => store.probe(bytes));
      else this.#reach('read', (store) => store.revision());
    } catch {
      // Reported by #reach, which is all that there is to be done.
    }
  }

  #write(commit: Commit): void {
    try {
      this.#reach('write', (store) => store.commit(commit));
    } catch (error) {
      this.#refusedBytes = JSON.stringify(commit).length;
      throw error;
    }
  }

  #reach<T>(access: Access, act: (store: RowStore) => T): T {
    const { store, failures } = this.options;
    try {
      const result = act(store);
      if (failures.find(DATABASE)?.action === access) failures.clear(DATABASE);
      return result;
    } catch (cause) {
      if (isDamage(cause)) this.options.damaged(cause);
      this.#report(access, cause);
      const { message } = cause as Error;
      throw new Fault('unavailable', `the database cannot be ${PAST[access]}: ${message}`, {
        cause,
      });
    }
  }

  /** A refused write counts more than a refused read: where reads work, it is still shown. */
  #report(access: Access, cause: unknown): void {
    const { store, failures, now } = this.options;
    if (access === 'read' && failures.find(DATABASE)?.action === 'write') return;
    const reason = refusalOf(cause, store.file);
    failures.report({
      code: 'database',
      subject: DATABASE,
      action: access,
      reason,
      retryAt: now() + PROBE_MS,
    });
  }
}

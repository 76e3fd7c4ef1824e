/**
 * Holds the state in memory and commits changes to it: to the file first, then to memory, then to the
 * feed. The only place where the state changes.
 */
import { randomUUID } from 'node:crypto';
import type { EventsAnswer, EventsQuery, FeedChange, FeedHeartbeat } from '@nodemgr/contracts';
import type { FailureBoard } from '@nodemgr/daemon';
import { Fault } from '@nodemgr/faults';
import { type Revision, revision as revisionOf } from '@nodemgr/records';
import { allEntries, changedEntries, type Derived, derive, type Terms } from '../feed/items.ts';
import { applyRows, type NodeState, type Row } from '../store/node-state.ts';
import { isDamage } from '../store/open-database.ts';
import type { AnsweredRequest, Commit, RowStore } from '../store/row-store.ts';
import type { Cause } from './cause.ts';
import { deriveEvents } from './events.ts';

export interface KeeperOptions {
  readonly store: RowStore;
  readonly state: NodeState;
  readonly revision: Revision;
  readonly terms: Terms;
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

/** A change that is decided on the state that the changes before it leave. */
export interface Change {
  /** Returns the rows to write; throws where the change is refused, which undoes no other. */
  readonly decide: (state: NodeState) => readonly Row[];
  readonly cause: Cause;
  readonly request: AnsweredRequest;
}

/** The outcome of one change: durable and to be seen at `revision`, or made nowhere. */
export type Outcome =
  | { readonly revision: Revision; readonly changed: boolean }
  | { readonly refused: unknown };

/** A change that is decided and not yet durable. */
interface Staged extends Pick<Commit, 'rows' | 'events'> {
  readonly request: AnsweredRequest | undefined;
  readonly after: Derived;
}

export class StateKeeper {
  /** A new one for each life of the process: no subscriber mixes two. */
  readonly #epoch = randomUUID();
  #derived: Derived;
  #revision: Revision;
  /** Size of the last commit that was refused. */
  #refusedBytes = 0;

  constructor(private readonly options: KeeperOptions) {
    const { state, revision, terms } = options;
    this.#derived = derive(state, terms);
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
    return { ...this.position, entries: allEntries(this.#derived) };
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
    return this.#makeDurable([this.#stage(this.#derived, rows, cause, request)]);
  }

  /**
   * commitTogether makes changes durable in one commit, in their order, and returns the outcome of each; it
   * never throws. Where the file refuses all of them together, each is committed by itself, so that one that
   * is too large for the disk takes no other with it.
   */
  commitTogether(changes: readonly Change[]): readonly Outcome[] {
    const staged: Staged[] = [];
    const decided = changes.map(({ decide, cause, request }): Staged | { refused: unknown } => {
      const before = staged.at(-1)?.after ?? this.#derived;
      try {
        const next = this.#stage(before, decide(before.state), cause, request);
        staged.push(next);
        return next;
      } catch (refused) {
        return { refused };
      }
    });
    if (staged.length === 0) return decided.filter((each) => 'refused' in each);
    try {
      const revision = this.#makeDurable(staged);
      return decided.map((each) =>
        'refused' in each ? each : { revision, changed: each.rows.length > 0 },
      );
    } catch (refused) {
      if (changes.length === 1) return [{ refused }];
      return changes.flatMap((change) => this.commitTogether([change]));
    }
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

  /** #stage derives what a change makes of `before`. */
  #stage(
    before: Derived,
    rows: readonly Row[],
    cause: Cause,
    request: AnsweredRequest | undefined,
  ): Staged {
    const state = applyRows(before.state, rows);
    const after = derive(state, this.options.terms, before, rows);
    const at = Math.max(0, this.options.eventMs());
    const events = deriveEvents(before, after, rows, cause).map((event) => ({ at, ...event }));
    return { rows, events, request, after };
  }

  /** #makeDurable commits what is staged, each on the one before it, and publishes it as one revision. */
  #makeDurable(staged: readonly Staged[]): Revision {
    const before = this.#derived;
    const after = staged.at(-1)?.after ?? before;
    const rows = staged.flatMap((each) => each.rows);
    const events = staged.flatMap((each) => each.events ?? []);
    const requests = staged.flatMap(({ request }) => request ?? []);
    const entries = changedEntries(before, after, rows);
    const revision = entries.length === 0 ? this.#revision : revisionOf(this.#revision + 1);
    this.#write({ rows, revision, requests, events });
    this.#derived = after;
    this.#revision = revision;
    this.options.committed?.(rows);
    if (entries.length > 0) this.options.publish({ epoch: this.#epoch, revision, entries });
    return revision;
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

/**
 * Follows the feed: subscribes, takes a snapshot, applies changes, and takes a snapshot again after
 * a gap, a new publisher or silence. A subscriber that starts before its publisher waits.
 */
import {
  type FeedItem,
  feedChangeSchema,
  feedContract,
  feedHeartbeatSchema,
} from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import type { RecordKey, Revision } from '@nodemgr/records';
import type { Logger } from 'pino';
import { Subscriber } from 'zeromq';
import { connectCalls } from './call-client.ts';
import { FairTurn } from './fair-turn.ts';
import { CHANGE_TOPIC, HEARTBEAT_MS, HEARTBEAT_TOPIC } from './feed-publisher.ts';
import { FeedReplica, type Touched } from './feed-replica.ts';
import { addressOf, MAX_MESSAGE_BYTES } from './socket-file.ts';
import { checked, parseJson } from './wire.ts';

/** Silence after which the publisher counts as gone and what was sent since as missed. */
const SILENCE_MS = 4 * HEARTBEAT_MS;
const SNAPSHOT_DEADLINE_MS = 5_000;
/** How often a wanted snapshot is asked for again, and silence is looked for. */
const CHECK_MS = 100;

/** 'waiting': nothing heard yet; 'stale': the last known state, the publisher silent or something missed. */
export type FeedState = 'waiting' | 'live' | 'stale';

export interface FeedSubscription {
  readonly items: ReadonlyMap<RecordKey, FeedItem>;
  readonly position: { readonly state: FeedState; readonly revision?: Revision };
  /** reached resolves once the items are at or past `revision`; rejects with Fault `unavailable`. */
  reached(revision: Revision, deadlineMs: number): Promise<void>;
  close(): Promise<void>;
}

interface Waiter {
  readonly revision: Revision;
  readonly done: () => void;
}

class Following implements FeedSubscription {
  readonly #replica = new FeedReplica();
  readonly #socket: Subscriber;
  readonly #snapshots;
  readonly #waiters = new Set<Waiter>();
  readonly #check: NodeJS.Timeout;
  readonly #received: Promise<void>;
  #heardAt = Number.NEGATIVE_INFINITY;
  #asking = false;
  #closed = false;

  constructor(private readonly options: SubscribeOptions) {
    this.#socket = new Subscriber({
      linger: 0,
      maxMessageSize: MAX_MESSAGE_BYTES,
      reconnectInterval: 50,
      reconnectMaxInterval: 500,
    });
    this.#socket.connect(addressOf(options.changes));
    this.#socket.subscribe();
    this.#snapshots = connectCalls({ path: options.snapshot, contract: feedContract });
    this.#received = this.#receive();
    this.#check = setInterval(() => this.#lookAfter(), CHECK_MS);
    this.#lookAfter();
  }

  get items(): ReadonlyMap<RecordKey, FeedItem> {
    return this.#replica.items;
  }

  get position(): { readonly state: FeedState; readonly revision?: Revision } {
    const at = this.#replica.position;
    if (at === undefined) return { state: 'waiting' };
    const behind = this.#silent() || this.#replica.wantsSnapshot;
    return { state: behind ? 'stale' : 'live', revision: at.revision };
  }

  reached(revision: Revision, deadlineMs: number): Promise<void> {
    if ((this.#replica.position?.revision ?? -1) >= revision) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        revision,
        done: () => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Fault('unavailable', `revision ${revision} not seen in ${deadlineMs} ms`));
      }, deadlineMs);
      this.#waiters.add(waiter);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#check);
    this.#snapshots.close();
    this.#socket.close();
    await this.#received;
  }

  #silent(): boolean {
    return performance.now() - this.#heardAt > SILENCE_MS;
  }

  async #receive(): Promise<void> {
    const turn = new FairTurn();
    for await (const [topic, body] of this.#socket) {
      await turn.next();
      try {
        this.#take(topic?.toString() ?? '', body?.toString('utf8') ?? '');
      } catch (error) {
        this.options.log.error(
          { err: error },
          'a feed message was not understood; resynchronising',
        );
        this.#replica.distrust();
      }
    }
  }

  #take(topic: string, body: string): void {
    const message = parseJson(body, 'the feed message');
    // A publisher that was silent may have said things that nobody kept for us.
    if (this.#silent()) this.#replica.distrust();
    this.#heardAt = performance.now();
    if (topic === HEARTBEAT_TOPIC) {
      this.#replica.heartbeat(checked(feedHeartbeatSchema, message, 'heartbeat'));
    } else if (topic === CHANGE_TOPIC) {
      this.#changed(this.#replica.change(checked(feedChangeSchema, message, 'change')));
    }
  }

  #changed(keys: Touched): void {
    const at = this.#replica.position;
    if (at === undefined || keys.length === 0) return;
    try {
      this.options.onChange({ keys, revision: at.revision });
    } catch (error) {
      this.options.log.error({ err: error }, 'a change of the feed was lost; resynchronising');
      this.#replica.distrust();
      return;
    }
    for (const waiter of [...this.#waiters]) if (waiter.revision <= at.revision) waiter.done();
  }

  #lookAfter(): void {
    if (this.#replica.wantsSnapshot && !this.#asking) void this.#takeSnapshot();
  }

  async #takeSnapshot(): Promise<void> {
    this.#asking = true;
    try {
      const snapshot = await this.#snapshots.call(
        'snapshot',
        {},
        { deadlineMs: SNAPSHOT_DEADLINE_MS },
      );
      if (this.#closed) return;
      this.#heardAt = performance.now();
      this.#changed(this.#replica.snapshot(snapshot));
    } catch (error) {
      if (!this.#closed) {
        this.options.log.debug({ err: error }, 'no snapshot of the feed yet; asking again');
      }
    } finally {
      this.#asking = false;
    }
  }
}

export interface SubscribeOptions {
  /** Socket paths, as in Endpoints. */
  readonly changes: string;
  readonly snapshot: string;
  readonly log: Logger;
  /** Told after every change of the items; 'all' after a snapshot. After a throw it is told of all again. */
  readonly onChange: (change: { readonly keys: Touched; readonly revision: Revision }) => void;
}

/** subscribeFeed starts following at once; closing is the caller's duty. */
export function subscribeFeed(options: SubscribeOptions): FeedSubscription {
  return new Following(options);
}

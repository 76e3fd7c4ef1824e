/**
 * A subscriber's copy of the feed, and when it must be taken anew (the Clone pattern of the ZeroMQ
 * guide). Pure: messages come in, decisions go out; sockets and timers are in feed-subscriber.ts.
 *
 *   no snapshot yet ──snapshot──▶ live ──gap, other epoch──▶ live, and asks for a snapshot again
 *
 * While a snapshot is awaited the old items stay readable and changes are kept for later.
 */
import type { FeedChange, FeedHeartbeat, FeedItem } from '@nodemgr/contracts';
import type { RecordKey } from '@nodemgr/records';

/** Changes kept while a snapshot is under way; with more the next snapshot is newer anyway. */
const MAX_KEPT = 1000;

/** The keys that a message changed; 'all' after a snapshot, nothing when it changed none. */
export type Touched = readonly RecordKey[] | 'all';

export class FeedReplica {
  #items = new Map<RecordKey, FeedItem>();
  #position: FeedHeartbeat | undefined;
  #kept: FeedChange[] = [];
  #wantsSnapshot = true;

  get items(): ReadonlyMap<RecordKey, FeedItem> {
    return this.#items;
  }

  /** Undefined until the first snapshot. */
  get position(): FeedHeartbeat | undefined {
    return this.#position;
  }

  get wantsSnapshot(): boolean {
    return this.#wantsSnapshot;
  }

  /** distrust says that messages may have been missed: a snapshot is wanted. */
  distrust(): void {
    this.#wantsSnapshot = true;
  }

  /** change takes a published commit; returns the keys it changed now. */
  change(change: FeedChange): Touched {
    if (!this.#wantsSnapshot && this.#follows(change)) return this.#apply(change);
    if (this.#isOld(change)) return [];
    this.#wantsSnapshot = true;
    this.#kept.push(change);
    if (this.#kept.length > MAX_KEPT) this.#kept.shift();
    return [];
  }

  /** heartbeat compares the publisher's position with ours. */
  heartbeat(beat: FeedHeartbeat): void {
    const at = this.#position;
    if (at === undefined || beat.epoch !== at.epoch || beat.revision > at.revision) this.distrust();
  }

  /** snapshot replaces everything, then applies the changes kept that come after it. */
  snapshot(snapshot: FeedChange): Touched {
    const items = new Map<RecordKey, FeedItem>();
    for (const { key, item } of snapshot.entries) if (item !== null) items.set(key, item);
    this.#items = items;
    this.#position = { epoch: snapshot.epoch, revision: snapshot.revision };
    this.#wantsSnapshot = false;
    // Changes of another publisher's life are void; were this the older life, a heartbeat will tell.
    const later = this.#kept.filter(
      ({ epoch, revision }) => epoch === snapshot.epoch && revision > snapshot.revision,
    );
    this.#kept = [];
    for (const change of later) this.change(change);
    return 'all';
  }

  #follows({ epoch, revision }: FeedChange): boolean {
    return epoch === this.#position?.epoch && revision === this.#position.revision + 1;
  }

  #isOld({ epoch, revision }: FeedChange): boolean {
    return epoch === this.#position?.epoch && revision <= this.#position.revision;
  }

  #apply({ epoch, revision, entries }: FeedChange): readonly RecordKey[] {
    for (const { key, item } of entries) {
      if (item === null) this.#items.delete(key);
      else this.#items.set(key, item);
    }
    this.#position = { epoch, revision };
    return entries.map(({ key }) => key);
  }
}

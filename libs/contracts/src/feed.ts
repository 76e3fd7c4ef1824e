/**
 * The feed that db-service publishes: the whole desired state of the node, an item for each record, keyed by
 * record_key. The items of one commit are published together; `revision` grows by one with each.
 */
import {
  type AccountName,
  type AccountRecord,
  accountNameSchema,
  type BwcapRecord,
  bwcapRecordSchema,
  delegateRecordSchema,
  type EpochSeconds,
  epochSecondsSchema,
  type LeasesRecord,
  type LocalFacts,
  leasesRecordSchema,
  localFactsSchema,
  type Rspec,
  recordKeySchema,
  revisionSchema,
  rspecSchema,
  SOURCES,
  type Source,
  type Standing,
  sliverRecordSchema,
  sourceSchema,
} from '@nodemgr/records';
import * as z from 'zod';
import { method } from './call.ts';

/** An account that has a record. For delegates both RSpecs are empty. */
export interface AccountItem {
  readonly kind: 'account';
  readonly source: Source;
  readonly record: AccountRecord;
  readonly local: LocalFacts;
  /** The record's RSpec with the defaults filled in. */
  readonly rspec: Rspec;
  /** The same after all valid loans, and with the shares of a lease's holder raised. */
  readonly effective: Rspec;
  /** How leases leave a sliver; absent: the node is not reservable. */
  readonly lease?: SliverLease | undefined;
}

export interface SliverLease {
  readonly standing: Standing;
  /** When the lease by which it holds the node ends. */
  readonly until?: EpochSeconds | undefined;
  /** How many times its shares it has by that lease. */
  readonly raised?: number | undefined;
  /** A holder beside whom it rests; absent: it rests, for nobody has a lease now. */
  readonly holder?: AccountName | undefined;
}

/** The node's bandwidth cap. */
export interface BwcapItem {
  readonly kind: 'bwcap';
  readonly source: Source;
  readonly record: BwcapRecord;
}

/** The leases of a reservable node. Which are in force is in the items of the slivers. */
export interface LeasesItem {
  readonly kind: 'leases';
  readonly source: Source;
  readonly record: LeasesRecord;
}

const leaseSchema: z.ZodType<SliverLease> = z.object({
  standing: z.enum(['holds', 'runs', 'rests']),
  until: epochSecondsSchema.optional(),
  raised: z.int().positive().optional(),
  holder: accountNameSchema.optional(),
});

const accountItem: z.ZodType<AccountItem> = z.object({
  kind: z.literal('account'),
  source: sourceSchema,
  record: z.union([sliverRecordSchema, delegateRecordSchema]),
  local: localFactsSchema,
  rspec: rspecSchema,
  effective: rspecSchema,
  lease: leaseSchema.optional(),
});

const bwcapItem: z.ZodType<BwcapItem> = z.object({
  kind: z.literal('bwcap'),
  source: sourceSchema,
  record: bwcapRecordSchema,
});

const leasesItem: z.ZodType<LeasesItem> = z.object({
  kind: z.literal('leases'),
  source: sourceSchema,
  record: leasesRecordSchema,
});

/**
 * An account whose record is gone, kept until its files may go too. `reason` 'expired' permits its
 * removal by itself; 'document' only when a document has been accepted since this boot.
 */
const removalItem = z.object({
  kind: z.literal('removal'),
  reason: z.enum(['expired', 'document']),
  removed_at: epochSecondsSchema,
});
export type RemovalItem = z.infer<typeof removalItem>;

/** The `timestamp` record: when each source last had a changed update accepted, and in which boot. */
const timestampItem = z.object({
  kind: z.literal('timestamp'),
  timestamp: epochSecondsSchema,
  sources: z.partialRecord(
    z.enum(SOURCES),
    z.object({ timestamp: epochSecondsSchema, boot_id: z.string().max(64) }),
  ),
});
export type TimestampItem = z.infer<typeof timestampItem>;

export type FeedItem = AccountItem | BwcapItem | LeasesItem | RemovalItem | TimestampItem;
export const feedItemSchema = z.union([
  accountItem,
  bwcapItem,
  leasesItem,
  removalItem,
  timestampItem,
]) as z.ZodType<FeedItem>;

/** `item` null: the key is gone. */
const feedEntry = z.object({
  key: recordKeySchema,
  item: feedItemSchema.nullable(),
});
export type FeedEntry = z.infer<typeof feedEntry>;

const position = {
  /** Names one life of the publisher: a new one at each start, so that no subscriber mixes two lives. */
  epoch: z.string().max(64),
  revision: revisionSchema,
};

/** One commit, as it is published. */
export const feedChangeSchema = z.object({ ...position, entries: z.array(feedEntry) });
export type FeedChange = z.infer<typeof feedChangeSchema>;

/** A sign of life of the publisher, with its position. */
export const feedHeartbeatSchema = z.object(position);
export type FeedHeartbeat = z.infer<typeof feedHeartbeatSchema>;

export const feedContract = {
  /** The whole state at a revision. */
  snapshot: method(z.strictObject({}), feedChangeSchema),
};

/** The calls that plc-fetcher makes on db-service: the only way a record gets in without a signature. */
import {
  ALL_UNREADABLE_FIELDS,
  type DeliveredRecord,
  type EpochSeconds,
  epochSecondsSchema,
  MAX_RECORDS,
  MAX_REMARKS,
  type RecordKey,
  recordKeySchema,
  type Source,
  sourceSchema,
  type UnreadableField,
} from '@nodemgr/records';
import * as z from 'zod';
import { method } from './call.ts';
import { remarkSchema } from './remark.ts';

/** Names a change, so that a retry after a lost answer changes nothing twice. */
export const requestIdSchema = z.string().min(8).max(64);
/** SHA-256 of the whole update, in hex: it distinguishes two updates, and proves nothing. */
export const digestSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** Tickets come one by one and signed: there is no full update of source `ticket`. */
const documentSource = sourceSchema.exclude(['ticket']);

/** A record that the source describes in part: what it holds in `fields` is of no account. */
export interface Unreadable {
  readonly record_key: RecordKey;
  readonly fields: readonly UnreadableField[];
}
export const unreadableSchema: z.ZodType<Unreadable> = z.strictObject({
  record_key: recordKeySchema,
  fields: z.array(z.enum(ALL_UNREADABLE_FIELDS)).max(ALL_UNREADABLE_FIELDS.length),
});

/** A remark on one record of an update; without a key it is on the whole. */
export const deliveredRemarkSchema = remarkSchema.extend({
  record_key: recordKeySchema.optional(),
});
export type DeliveredRemark = z.infer<typeof deliveredRemarkSchema>;

export interface FullUpdateParams {
  readonly request_id: string;
  /** 'plc' or 'config'; one that names tickets is refused. */
  readonly source: Source;
  readonly timestamp: EpochSeconds;
  readonly digest: string;
  /** The authority vouched for this since the machine booted: fetched, or confirmed by a 304. */
  readonly fresh: boolean;
  readonly records: readonly DeliveredRecord[];
  /** Fields of `records` that count as the record held has them, if one is held. */
  readonly unreadable: readonly Unreadable[];
  /** Remarks on what the source wrote and no record holds as it was written. */
  readonly remarks: readonly DeliveredRemark[];
}

/** Records that are no account's: the cap, and the leases. */
const NODE_RECORDS = 2;

const fullUpdateParams: z.ZodType<FullUpdateParams> = z.strictObject({
  request_id: requestIdSchema,
  source: documentSource,
  timestamp: epochSecondsSchema,
  digest: digestSchema,
  fresh: z.boolean(),
  // Each record is checked by itself in db-service: a bad one holds up nothing but itself.
  records: z.array(z.unknown()).max(MAX_RECORDS + NODE_RECORDS) as unknown as z.ZodType<
    DeliveredRecord[]
  >,
  unreadable: z.array(unreadableSchema).max(MAX_RECORDS),
  // One more than there may be: it counts those that were too many.
  remarks: z.array(deliveredRemarkSchema).max(MAX_REMARKS + 1),
});

const ignoredSchema = z.array(z.object({ record_key: z.string(), why: z.string() }));

const deliveryResult = z.discriminatedUnion('outcome', [
  /** Applied (or nothing differed: then written and removed are both 0). */
  z.object({
    outcome: z.literal('accepted'),
    written: z.int(),
    removed: z.int(),
    ignored: ignoredSchema,
  }),
  /** Older than the last update accepted from this source. */
  z.object({ outcome: z.literal('stale'), held_timestamp: epochSecondsSchema }),
  /** Held back by the guard until an operator lets it through. */
  z.object({ outcome: z.literal('refused'), reason: z.string() }),
]);
export type DeliveryResult = z.infer<typeof deliveryResult>;

const heldSourceParams: z.ZodType<Pick<FullUpdateParams, 'source'>> = z.strictObject({
  source: documentSource,
});

/** A source as db-service holds it. */
const heldSource = z.object({
  /** Time of the last update accepted; absent when there was none, or when the database lost it. */
  timestamp: epochSecondsSchema.optional(),
  digest: digestSchema.optional(),
  /** A fresh update was accepted since this boot. */
  since_boot: z.boolean(),
  /** Digest of the update that the guard holds back, if any. */
  refused_digest: digestSchema.optional(),
});
export type HeldSource = z.infer<typeof heldSource>;

export const deliverContract = {
  /** Replaces all records of a source. */
  full_update: method(fullUpdateParams, deliveryResult),
  held_source: method(heldSourceParams, heldSource),
};
export type DeliverContract = typeof deliverContract;

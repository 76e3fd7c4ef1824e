/** The calls that plc-fetcher makes on db-service: the only way a record gets in without a signature. */
import {
  type DeliveredRecord,
  type EpochSeconds,
  epochSecondsSchema,
  MAX_RECORDS,
  type Source,
  sourceSchema,
} from '@nodemgr/records';
import * as z from 'zod';
import { method } from './call.ts';

/** Names a change, so that a retry after a lost answer changes nothing twice. */
export const requestIdSchema = z.string().min(8).max(64);
/** SHA-256 of an update's records, in hex: tells two updates apart, proves nothing. */
export const digestSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** Tickets come one by one and signed: there is no update of all that tickets say, from anybody. */
const documentSource = sourceSchema.exclude(['ticket']);

export interface FullUpdateParams {
  readonly request_id: string;
  /** 'plc' or 'config'; one that names tickets is refused. */
  readonly source: Source;
  readonly timestamp: EpochSeconds;
  readonly digest: string;
  /** The authority vouched for this since the machine booted: fetched, or confirmed by a 304. */
  readonly fresh: boolean;
  readonly records: readonly DeliveredRecord[];
}

const fullUpdateParams: z.ZodType<FullUpdateParams> = z.strictObject({
  request_id: requestIdSchema,
  source: documentSource,
  timestamp: epochSecondsSchema,
  digest: digestSchema,
  fresh: z.boolean(),
  // Each record is checked by itself in db-service: a bad one holds up nothing but itself.
  records: z.array(z.unknown()).max(MAX_RECORDS) as unknown as z.ZodType<DeliveredRecord[]>,
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

/** What db-service holds of a source. */
const heldSource = z.object({
  /** Of the last update accepted; absent when there was none, or when the database lost it. */
  timestamp: epochSecondsSchema.optional(),
  digest: digestSchema.optional(),
  /** Whether a fresh update was accepted since this boot. */
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

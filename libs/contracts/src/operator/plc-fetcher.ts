/** Questions that operators may ask plc-fetcher. */
import { epochSecondsSchema, plcKindSchema } from '@nodemgr/records';
import * as z from 'zod';
import { method } from '../call.ts';
import { epochMs } from '../failure.ts';
import { empty, retryingDaemon, statusOf } from './parts.ts';

/**
 * How a poll of PLC ended: `failed` brought no document, `malformed` one that cannot be read, and `refused` one that is
 * not signed as this node wants or is older than the one that it has.
 */
const pollEnd = z.object({
  outcome: z.enum(['new document', 'unchanged', 'failed', 'malformed', 'refused', 'stopping']),
  /** Why it failed, or where the document is malformed. */
  reason: z.string().optional(),
});
export type PollEnd = Readonly<z.infer<typeof pollEnd>>;

/** A signed document. */
const signedSchema = z.object({
  /** SHA-256 of its bytes, hex. */
  document: z.string().regex(/^[0-9a-f]{64}$/),
  serial: z.int().nonnegative(),
  /** When the authority made it. */
  issued: epochSecondsSchema,
  signers: z.array(z.object({ name: z.string(), fingerprint: z.string() })),
});
export type SignedDocumentView = Readonly<z.infer<typeof signedSchema>>;

export const fetcherStatus = statusOf(
  z.object({
    url: z.string(),
    kind: plcKindSchema,
    last_attempt: epochMs.optional(),
    last_success: epochMs.optional(),
    next_attempt: epochMs.optional(),
    last_poll: pollEnd.optional(),
    document: z
      .object({
        bytes: z.int(),
        slices: z.int(),
        ours: z.int(),
        fetched_at: epochMs,
        /** Where this node wants signatures. */
        signed: signedSchema.optional(),
      })
      .optional(),
    /** A signed document that came, is older than that one, and waits for an operator. */
    held_back: signedSchema.optional(),
  }),
);
export type FetcherStatus = z.infer<typeof fetcherStatus>;

export const fetcherOperatorContract = {
  ...retryingDaemon(fetcherStatus),
  /** Fetches now instead of at the next poll. */
  fetch_now: method(empty, pollEnd),
  /** Takes the document that is held back, if its name begins so, however old it is. */
  allow_document: method(
    z.strictObject({ document: z.string().regex(/^[0-9a-f]{12,64}$/) }),
    z.object({
      /** Absent: no such document is held back. */
      poll: pollEnd.optional(),
    }),
  ),
};

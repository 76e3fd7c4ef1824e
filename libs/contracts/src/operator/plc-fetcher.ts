/** Questions that operators may ask plc-fetcher. */
import { plcKindSchema } from '@nodemgr/records';
import * as z from 'zod';
import { method } from '../call.ts';
import { epochMs } from '../failure.ts';
import { empty, retryingDaemon, statusOf } from './parts.ts';

/** How a poll of PLC ended: `failed` brought no document, and `malformed` one that cannot be read. */
const pollEnd = z.object({
  outcome: z.enum(['new document', 'unchanged', 'failed', 'malformed', 'stopping']),
  /** Why it failed, or where the document is malformed. */
  reason: z.string().optional(),
});
export type PollEnd = Readonly<z.infer<typeof pollEnd>>;

export const fetcherStatus = statusOf(
  z.object({
    url: z.string(),
    kind: plcKindSchema,
    last_attempt: epochMs.optional(),
    last_success: epochMs.optional(),
    next_attempt: epochMs.optional(),
    last_poll: pollEnd.optional(),
    document: z
      .object({ bytes: z.int(), slices: z.int(), ours: z.int(), fetched_at: epochMs })
      .optional(),
  }),
);
export type FetcherStatus = z.infer<typeof fetcherStatus>;

export const fetcherOperatorContract = {
  ...retryingDaemon(fetcherStatus),
  /** Fetches now instead of at the next poll. */
  fetch_now: method(empty, pollEnd),
};

/** What the contracts of several daemons with their operators have in common. */
import { revisionSchema } from '@nodemgr/records';
import * as z from 'zod';
import { method } from '../call.ts';
import { epochMs, failureSchema } from '../failure.ts';
import { retryParamsSchema, retryResultSchema } from '../retry.ts';

export const empty = z.strictObject({});
/** The part of a status that all daemons share; `detail` is each one's own. */
export const statusOf = <Detail extends z.ZodType>(detail: Detail) =>
  z.object({
    process: z.string(),
    pid: z.int(),
    version: z.string(),
    started_at: epochMs,
    failures: z.array(failureSchema),
    detail,
  });

/** Where a feed subscriber stands. */
export const feedPositionSchema = z.object({
  state: z.enum(['waiting', 'live', 'stale']),
  revision: revisionSchema.optional(),
});

/** The part of a contract that every daemon shares. */
export const everyDaemon = <Status>(status: z.ZodType<Status>) => ({
  status: method(empty, status),
});

/** The part that daemons share in which something waits for its next attempt. */
export const retryingDaemon = <Status>(status: z.ZodType<Status>) => ({
  ...everyDaemon(status),
  /** Tries now what waits for its next attempt. */
  retry: method(retryParamsSchema, retryResultSchema),
});

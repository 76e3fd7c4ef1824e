/** An operator's request, after a repair, to try now what waits for its next attempt. */
import * as z from 'zod';

/** A name as `nmctl status` shows it: an account, `PLC`, `uplink`, …; without one: all that fails. */
export const retryParamsSchema = z.strictObject({ name: z.string().max(255).optional() });
export type RetryParams = z.infer<typeof retryParamsSchema>;

/** One subject that was tried, and how it stands. */
export const triedSchema = z.object({
  subject: z.string(),
  /** 'tried still': it takes longer than the question may. */
  outcome: z.enum(['works', 'fails', 'tried still']),
  /** Why it fails. */
  reason: z.string().optional(),
});
export type Tried = z.infer<typeof triedSchema>;

/** Nothing tried: nothing failed, or there is nothing of that name. */
export const retryResultSchema = z.object({ tried: z.array(triedSchema) });
export type RetryResult = z.infer<typeof retryResultSchema>;

/** How long a daemon waits for what it tries (milliseconds); longer than most attempts take. */
export const RETRY_MS = 8_000;

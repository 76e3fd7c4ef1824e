/** An operator's request to remove now the files that are kept of a removed sliver. */
import { accountNameSchema } from '@nodemgr/records';
import * as z from 'zod';

export const forgetParamsSchema = z.strictObject({
  name: accountNameSchema,
  /** The operator's user name, as nmctl found it, for the history. */
  by: z.string().min(1).max(64),
});

/**
 * How that ended: a sliver that exists is Fault `bad-argument`. 'nothing kept': there was nothing (any more).
 * 'going still': it takes longer than the question may.
 */
export const forgetResultSchema = z.object({
  outcome: z.enum(['forgotten', 'nothing kept', 'fails', 'going still']),
  /** Why it fails; it is tried again. */
  reason: z.string().optional(),
});
export type ForgetResult = z.infer<typeof forgetResultSchema>;

/** How long account-supervisor waits for the files to be gone (milliseconds). */
export const FORGET_MS = 30_000;

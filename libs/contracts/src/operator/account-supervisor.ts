/** Questions that operators may ask account-supervisor. */
import * as z from 'zod';
import { method } from '../call.ts';
import { eventsMethod } from '../events.ts';
import { forgetParamsSchema, forgetResultSchema } from '../forget.ts';
import { useNowMethod } from '../usage-history.ts';
import { agent, agentDetail } from './agent.ts';
import { empty, statusOf } from './parts.ts';

export const supervisorStatus = statusOf(
  z.object({
    ...agentDetail,
    accounts: z.object({ desired: z.int(), running: z.int(), stopped: z.int(), busy: z.int() }),
  }),
);
export type SupervisorStatus = z.infer<typeof supervisorStatus>;

/** An account as the machine (or the pretended one) has it. */
export const observedAccountSchema = z.object({
  name: z.string(),
  state: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type ObservedAccountView = z.infer<typeof observedAccountSchema>;

export const supervisorOperatorContract = {
  ...agent(supervisorStatus),
  observed: method(empty, z.array(observedAccountSchema)),
  events: eventsMethod,
  /** Has the files go that are kept of a removed sliver. */
  forget: method(forgetParamsSchema, forgetResultSchema),
  use_now: useNowMethod,
};

/** Questions that operators may ask bwcap-agent. */
import * as z from 'zod';
import { method } from '../call.ts';
import { eventsMethod } from '../events.ts';
import { trafficParamsSchema, trafficSchema } from '../traffic.ts';
import { agent, agentDetail } from './agent.ts';
import { statusOf } from './parts.ts';

export const bandwidthStatus = statusOf(
  z.object({
    ...agentDetail,
    /** Absent: there is no uplink now. */
    interface: z.string().optional(),
    leaves: z.int(),
  }),
);
export type BandwidthStatus = z.infer<typeof bandwidthStatus>;

export const bandwidthOperatorContract = {
  ...agent(bandwidthStatus),
  /** The limits in force, and what has been sent under them. */
  traffic: method(trafficParamsSchema, trafficSchema),
  events: eventsMethod,
};

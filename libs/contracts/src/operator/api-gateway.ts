/** Questions that operators may ask api-gateway. */
import * as z from 'zod';
import { everyDaemon, feedPositionSchema, statusOf } from './parts.ts';

export const gatewayStatus = statusOf(
  z.object({
    feed: feedPositionSchema,
    tcp: z.string().optional(),
    socket: z.string(),
    calls: z.int(),
    faults: z.int(),
    connections: z.int(),
  }),
);
export type GatewayStatus = z.infer<typeof gatewayStatus>;

export const gatewayOperatorContract = everyDaemon(gatewayStatus);

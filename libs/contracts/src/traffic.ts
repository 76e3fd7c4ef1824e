/** The bandwidth tree as bwcap-agent reports it: its limits, and what each class of it has sent. */
import { accountNameSchema } from '@nodemgr/records';
import * as z from 'zod';

/** The counters of a class since the kernel made it. */
export const classCountersSchema = z.object({
  sent_bytes: z.number(),
  sent_packets: z.number(),
  /** Packets that found its queue full. */
  dropped: z.number(),
  /** Waiting to be sent. */
  backlog_bytes: z.number(),
});
export type ClassCounters = z.infer<typeof classCountersSchema>;

/** One HTB class as it is in force. */
export const classTrafficSchema = z.object({
  /** As tc writes it: `4e4d:1000`. */
  class_id: z.string(),
  /** Guaranteed, in bit/s. */
  rate: z.number(),
  /** At most, in bit/s. */
  ceil: z.number(),
  /** Sent in each turn when spare bandwidth is shared, in bytes. */
  quantum: z.number(),
  /** Absent where nothing is counted (driver `dry-run`). */
  counters: classCountersSchema.optional(),
});
export type ClassTraffic = z.infer<typeof classTrafficSchema>;

/** A pair of classes: for ordinary traffic, which the node's cap holds, and for exempt networks. */
const branches = z.object({ ordinary: classTrafficSchema, exempt: classTrafficSchema });

/** What a sliver has sent in one branch since the day began, and the limit of that. */
export const dayTrafficSchema = z.object({
  sent_bytes: z.number(),
  /** Absent: there is no limit. */
  limit: z
    .object({
      max_bytes: z.number(),
      /** From where on the rate is cut. */
      threshold_bytes: z.number(),
    })
    .optional(),
  /** Absent: the rate is not cut. */
  cut: z
    .object({
      /** The ceiling that follows, in bit/s, where the sliver is not promised more. */
      rate: z.number(),
      /** Seconds since 1970. */
      since: z.number(),
    })
    .optional(),
});
export type DayTraffic = z.infer<typeof dayTrafficSchema>;

export const sliverTrafficSchema = branches.partial().extend({
  name: z.string(),
  /** What it has sent since the day began, by branch; absent where nothing is counted. */
  today: z.object({ ordinary: dayTrafficSchema, exempt: dayTrafficSchema }).partial().optional(),
});
export type SliverTraffic = z.infer<typeof sliverTrafficSchema>;

export const trafficParamsSchema = z.strictObject({
  /** Only this sliver; absent: all of them. */
  name: accountNameSchema.optional(),
});

export const trafficSchema = z.object({
  driver: z.string(),
  /** When it was read: milliseconds since 1970. */
  at: z.number(),
  /** Absent: there is none, or no tree of ours is on it. */
  tree: z
    .object({
      interface: z.string(),
      link: classTrafficSchema,
      /** All ordinary traffic, and all to exempt networks. */
      branches,
      /** The classes of what the node itself sends. */
      node: branches,
    })
    .optional(),
  /** The day that bytes are counted for: seconds since 1970. Absent: no clock has been trusted yet. */
  day: z.object({ begins: z.number(), ends: z.number() }).optional(),
  /** How many networks are exempt from the cap. */
  exempt_networks: z.int(),
  slivers: z.array(sliverTrafficSchema),
});
export type Traffic = z.infer<typeof trafficSchema>;

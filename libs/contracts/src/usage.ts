/** The use that a sliver makes of the node, as the kernel counts it. api-gateway asks each agent for its part. */
import { accountNameSchema } from '@nodemgr/records';
import * as z from 'zod';
import { method } from './call.ts';
import { dayUseSchema, MAX_DAYS } from './usage-history.ts';

/** Everything that is counted, with its meaning. All are whole numbers. */
export const USAGE = {
  cpu_ms: 'milliseconds of CPU time since the sliver was started',
  memory_kib: 'KiB of memory in use',
  tasks: 'processes and threads',
  read_bytes: 'bytes read from the disk since the sliver was started',
  written_bytes: 'bytes written to it since the same time',
  disk_kib: 'KiB of files on top of the image',
  files: 'files on top of the image',
  sent_bytes:
    'bytes sent under the cap of the node, since bwcap-agent made the class of the sliver',
  sent_exempt_bytes: 'bytes sent to exempt networks, since the same time',
  day_began: 'the second, since 1970, in which the day of the daily byte limits began',
  day_ends: 'the second in which it ends',
  day_sent_bytes: 'bytes sent under the cap of the node since then',
  day_sent_exempt_bytes: 'bytes sent to exempt networks since then',
  cut_rate:
    'bits a second that the rate is cut to, since nm_net_max_thresh_byte was sent in the day',
  cut_exempt_rate: 'the same to exempt networks, by nm_net_max_thresh_exempt_byte',
} as const;
export type UsageName = keyof typeof USAGE;

const usageSchema = z.partialRecord(
  z.enum(Object.keys(USAGE) as [UsageName, ...UsageName[]]),
  z.int().nonnegative(),
);
/** Amounts by name; absent: nothing is counted, as of a sliver that does not run. */
export type SliverUsage = z.infer<typeof usageSchema>;

/** usageOf returns the amounts that there are: what is undefined is not counted. */
export function usageOf<Name extends UsageName>(
  amounts: {
    readonly [Each in Name]?: number | undefined;
  },
): Partial<Record<Name, number>> {
  const counted = Object.entries(amounts).filter(([, amount]) => amount !== undefined);
  return Object.fromEntries(counted) as Partial<Record<Name, number>>;
}

/** The part of the whole that one agent counts. */
export const usageContract = {
  usage: method(z.strictObject({ name: accountNameSchema }), usageSchema),
  /** The same by day (UTC), as far back as it is kept; the newest day last. */
  days: method(z.strictObject({ name: accountNameSchema }), z.array(dayUseSchema).max(MAX_DAYS)),
};
export type UsageContract = typeof usageContract;

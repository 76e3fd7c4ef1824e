/**
 * The use that slivers made of the node, by minute, hour and day. Each agent keeps the part that it counts.
 * Numbers only: nmctl makes the text.
 */
import { accountNameSchema } from '@nodemgr/records';
import * as z from 'zod';
import { method } from './call.ts';

/**
 * The amounts of a period, with what each means. A *count* is what was added in the period; a *level* is the
 * highest amount that any look in the period found.
 */
export const PERIOD_AMOUNTS = {
  cpu_ms: { kind: 'count', meaning: 'milliseconds of CPU time' },
  memory_kib: { kind: 'level', meaning: 'most KiB of memory in use' },
  tasks: { kind: 'level', meaning: 'most processes and threads' },
  disk_kib: { kind: 'level', meaning: 'most KiB of files on top of the image' },
  files: { kind: 'level', meaning: 'most files on top of the image' },
  read_bytes: { kind: 'count', meaning: 'bytes read from the disk' },
  written_bytes: { kind: 'count', meaning: 'bytes written to it' },
  sent_bytes: { kind: 'count', meaning: 'bytes sent under the cap of the node' },
  sent_exempt_bytes: { kind: 'count', meaning: 'bytes sent to exempt networks' },
} as const satisfies Readonly<Record<string, { kind: 'count' | 'level'; meaning: string }>>;
export type AmountName = keyof typeof PERIOD_AMOUNTS;
export const AMOUNT_NAMES = Object.keys(PERIOD_AMOUNTS) as [AmountName, ...AmountName[]];

const amountsSchema = z.partialRecord(z.enum(AMOUNT_NAMES), z.int().nonnegative());
/** Amounts by name; absent: nothing was counted. */
export type PeriodAmounts = z.infer<typeof amountsSchema>;

/** Seconds for which use is kept by minute, and by hour. */
export const MINUTES_KEPT = 86_400;
export const HOURS_KEPT = 90 * 86_400;
/** Days of which there can be anything: the first and the last are parts of one. */
export const MAX_DAYS = HOURS_KEPT / 86_400 + 2;

/** One day in UTC. */
export const dayUseSchema = z.object({
  day: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  amounts: amountsSchema,
});
export type DayUse = z.infer<typeof dayUseSchema>;

export const USE_STEPS = { minute: 60, hour: 3600 } as const;
export type UseStep = keyof typeof USE_STEPS;

const useRowSchema = z.object({
  name: z.string(),
  /** When the period begins, or the first one of a sum: seconds since 1970. */
  at: z.int(),
  /** The time in which the counts were added: more than the period where nobody looked before it. */
  seconds: z.int().nonnegative(),
  amounts: amountsSchema,
});
export type UseRow = z.infer<typeof useRowSchema>;

const useHistorySchema = z.object({ driver: z.string(), rows: z.array(useRowSchema) });
export type UseHistory = z.infer<typeof useHistorySchema>;

/** Use of one sliver by `step`, oldest first; without a name one sum for each sliver. */
export const useHistoryMethod = method(
  z.strictObject({
    name: accountNameSchema.optional(),
    step: z.enum(['minute', 'hour']),
    /** Seconds since 1970. */
    since: z.int().nonnegative(),
  }),
  useHistorySchema,
);

const useNowSchema = z.object({
  driver: z.string(),
  /** When it was looked at: milliseconds of a clock that never jumps. */
  at: z.number(),
  slivers: z.array(
    z.object({
      name: z.string(),
      /** Counts of one era go on; those of another began at 0. */
      era: z.string(),
      /** Counts since the era began, and levels now. */
      amounts: amountsSchema,
    }),
  ),
});
export type UseNow = z.infer<typeof useNowSchema>;

/** Everything that is counted of all slivers now: two answers tell what is used a second. */
export const useNowMethod = method(z.strictObject({}), useNowSchema);

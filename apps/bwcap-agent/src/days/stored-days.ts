/** The form in which the account of the day is kept on disk: its schema, and the way there and back. Pure. */
import { accountNameSchema, type BitsPerSecond, epochSecondsSchema } from '@nodemgr/records';
import * as z from 'zod';
import type { Bytes } from '../limits/htb-class.ts';
import { byBranch, type ClassMinor } from '../limits/htb-tree.ts';
import { DayCounts, type SliverCounts } from '../observed/day-counts.ts';
import type { DayBook } from '../plan/day-book.ts';

/** More slivers than come and go in a day. */
const MAX_SLIVERS = 100_000;

const bytes = z.int().nonnegative() as unknown as z.ZodType<Bytes>;
const rate = z.number().min(8) as unknown as z.ZodType<BitsPerSecond>;
const minor = z.int().min(1).max(0xffff) as unknown as z.ZodType<ClassMinor>;

const leaf = z.strictObject({
  today: bytes,
  seen: z.strictObject({ ifindex: z.int().min(1), minor, sent: bytes }).exactOptional(),
});
const cut = z.strictObject({
  limit: z.strictObject({ max: bytes, threshold: bytes }),
  at: epochSecondsSchema,
  sent: bytes,
  rate,
  since: epochSecondsSchema,
});
const branches = <T extends z.ZodType>(of: T) =>
  z.strictObject({ ordinary: of.exactOptional(), exempt: of.exactOptional() });
const bySliver = <T extends z.ZodType>(of: T) =>
  z.array(z.tuple([accountNameSchema, branches(of)])).max(MAX_SLIVERS);

export const storedDaysSchema = z.strictObject({
  /** Counters end with the boot. */
  boot_id: z.string().max(64),
  day: z.strictObject({ begins: epochSecondsSchema, ends: epochSecondsSchema }).exactOptional(),
  read_at: epochSecondsSchema.exactOptional(),
  slivers: bySliver(leaf),
  cuts: bySliver(cut),
});
export type StoredDays = z.infer<typeof storedDaysSchema>;

/** toStored returns what a book has, as plain values. */
export function toStored({ counts, cuts }: DayBook, bootId: string): StoredDays {
  const { day, readAt, slivers } = counts;
  return {
    boot_id: bootId,
    ...(day === undefined ? {} : { day }),
    ...(readAt === undefined ? {} : { read_at: readAt }),
    slivers: [...slivers],
    cuts: [...cuts],
  };
}

/** What the counters had before a boot they have no more. */
function countsAfterBoot(counts: SliverCounts): SliverCounts {
  return byBranch((branch) => {
    const leaf = counts[branch];
    return leaf && { today: leaf.today };
  });
}

/** fromStored returns what `toStored` was given, as it counts in the boot `bootId`. */
export function fromStored(
  { boot_id, day, read_at, slivers, cuts }: StoredDays,
  bootId: string,
): { readonly counts: DayCounts; readonly cuts: StoredDays['cuts'] } {
  const isSameBoot = boot_id === bootId;
  const kept = slivers.map(
    ([name, each]) => [name, isSameBoot ? each : countsAfterBoot(each)] as const,
  );
  return { counts: new DayCounts({ day, readAt: read_at, slivers: kept }), cuts };
}

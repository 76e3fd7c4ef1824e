/** What an agent wants the kernel to hold an account to, and what the kernel says that it does. Numbers only: text is nmctl's. */
import * as z from 'zod';

/** What amounts are counted in; `weight` is a proportion. */
export const READING_UNITS = ['weight', 'tasks', 'files', 'KiB', 'bytes', 'bit/s', 's'] as const;
export type ReadingUnit = (typeof READING_UNITS)[number];

const unit = z.enum(READING_UNITS);
/** What is enforced; null: no limit. */
const amount = z.number().nullable();

/** Something counted; `of` is a limit of it that has no reading of its own. */
export const usedSchema = z.object({ amount: z.number(), unit, of: z.number().optional() });
export type Used = z.infer<typeof usedSchema>;

/** More kinds of things than any limit counts. */
const MAX_USED = 8;

/** One thing in force, read back where it is enforced. */
export const readingSchema = z.object({
  /** The RSpec's resource that it enforces. */
  resource: z.string(),
  /** Where it is: `cpu.weight`, `memory.max`, `project quota`, … */
  from: z.string(),
  amount,
  unit,
  /** What is used of it now; absent where nothing is counted. */
  used: z.array(usedSchema).max(MAX_USED).optional(),
});
export type Reading = z.infer<typeof readingSchema>;

/** What ought to be in force, told as its reading would be. */
export const wantedSchema = readingSchema.omit({ used: true }).extend({
  /** How it follows from the effective RSpec, where that is not plain. */
  how: z.string().optional(),
});
export type Wanted = z.infer<typeof wantedSchema>;

export const readingsSchema = z.object({
  /** `dry-run`: what was read back is pretended. */
  driver: z.string(),
  wanted: z.array(wantedSchema),
  readings: z.array(readingSchema),
});
export type Readings = z.infer<typeof readingsSchema>;

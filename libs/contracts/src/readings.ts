/** What an agent wants the kernel to hold an account to, and what the kernel says that it does. */
import * as z from 'zod';

/** One thing in force, read back where it is enforced. */
export const readingSchema = z.object({
  /** The RSpec's resource that it enforces. */
  resource: z.string(),
  /** Where it is: `cpu.weight`, `memory.max`, `project quota`, … */
  from: z.string(),
  /** In the words of the kernel, with its unit: `64`, `20000 KiB`, `max`. */
  value: z.string(),
  /** What is used of it now; absent where nothing is counted. */
  used: z.string().optional(),
});

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

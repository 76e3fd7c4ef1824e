/** Limits that an agent wants for an account, and those that the kernel reports. Numbers only: nmctl makes the text. */
import { revisionSchema } from '@nodemgr/records';
import * as z from 'zod';
import { authorSchema, MAX_WHY } from './events.ts';
import { epochMs } from './failure.ts';

/** Units of amounts; `weight` is a proportion, `thousandths` are of the node's CPU. */
export const READING_UNITS = [
  'weight',
  'thousandths',
  'cores',
  'tasks',
  'files',
  'KiB',
  'bytes',
  'bytes/s',
  'bit/s',
  's',
] as const;
export type ReadingUnit = (typeof READING_UNITS)[number];

const unit = z.enum(READING_UNITS);
/** The amount that is enforced; null: no limit. */
const amount = z.number().nullable();

/** Something counted; `of` is a limit of it that has no reading of its own. */
export const usedSchema = z.object({ amount: z.number(), unit, of: z.number().optional() });
export type Used = z.infer<typeof usedSchema>;

/** The decision by which an agent set a limit. */
export const decisionSchema = z.object({
  at: epochMs,
  /** The feed's revision that it was decided by. */
  revision: revisionSchema.optional(),
  why: z.string().max(MAX_WHY),
  by: authorSchema,
});
export type LimitDecision = z.infer<typeof decisionSchema>;

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
  /** Amounts of it in use now; absent where nothing is counted. */
  used: z.array(usedSchema).max(MAX_USED).optional(),
  /** The decision since which it is so; absent where the agent has found it so, or the history does not reach so far back. */
  since: decisionSchema.optional(),
});
export type Reading = z.infer<typeof readingSchema>;

/** A limit that ought to be in force, in the form of its reading. */
export const wantedSchema = readingSchema.omit({ used: true, since: true }).extend({
  /** How it follows from the effective RSpec, where that is not plain. */
  how: z.string().optional(),
});
export type Wanted = z.infer<typeof wantedSchema>;

export const readingsSchema = z.object({
  /** `dry-run`: what was read back is pretended. */
  driver: z.string(),
  wanted: z.array(wantedSchema),
  readings: z.array(readingSchema),
  /** Why nothing can be told of the decisions behind the readings. */
  undecided: z.string().optional(),
});
export type Readings = z.infer<typeof readingsSchema>;

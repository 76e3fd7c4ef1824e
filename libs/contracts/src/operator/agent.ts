/** What the contracts of both agents with their operators have in common. */
import { accountNameSchema, revisionSchema } from '@nodemgr/records';
import * as z from 'zod';
import { method } from '../call.ts';
import { unmetSchema } from '../failure.ts';
import { readingsSchema } from '../readings.ts';
import { useHistoryMethod } from '../usage-history.ts';
import { empty, feedPositionSchema, retryingDaemon } from './parts.ts';

/** A step that an agent would take, and the exact commands that it stands for. */
const plannedStepSchema = z.object({
  /** The account concerned, or `node`. */
  subject: z.string(),
  step: z.string(),
  commands: z.array(z.string()),
});
export type PlannedStep = z.infer<typeof plannedStepSchema>;

const planResult = z.object({
  driver: z.string(),
  steps: z.array(plannedStepSchema),
  /** Wanted changes that are in no step, and why. */
  unmet: z.array(unmetSchema.extend({ subject: z.string() })),
});
export type PlanResult = z.infer<typeof planResult>;

/** The part of a status's `detail` that both agents share. */
export const agentDetail = {
  driver: z.string(),
  feed: feedPositionSchema,
  /** The feed's revision that everything has been brought in line with, or fails for reasons of its own. */
  converged_revision: revisionSchema.optional(),
};

/** The part that both agents share. */
export const agent = <Status>(status: z.ZodType<Status>) => ({
  ...retryingDaemon(status),
  /** The steps that it would take next. */
  plan: method(empty, planResult),
  /** The limits in force for an account, beside those that ought to be. */
  readings: method(z.strictObject({ name: accountNameSchema }), readingsSchema),
  /** The use that slivers made of the node, so far as this agent counts it. */
  use_history: useHistoryMethod,
});

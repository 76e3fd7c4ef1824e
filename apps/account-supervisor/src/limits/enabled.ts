/** nm_enabled: the planner stops the sliver and refuses its logins, or not. */
import type { StepLimit } from './limit.ts';

export const ENABLED = {
  resources: ['nm_enabled'],
  writtenBy: 'steps',
} as const satisfies StepLimit;

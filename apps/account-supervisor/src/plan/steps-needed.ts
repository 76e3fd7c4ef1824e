/** Lists of steps, each with the reason for which it is taken. Pure. */
import { ours, type Reason } from '../desired/reasons.ts';
import type { ReasonedStep } from './account-plan.ts';
import type { AccountStep } from './account-steps.ts';

/** A step, whether it is needed, and why. */
type Rule = readonly [needed: boolean, reason: Reason, step: () => AccountStep];
/** stepsNeeded returns the steps of the rules that hold, in order. */
export const stepsNeeded = (rules: readonly Rule[]): readonly ReasonedStep[] =>
  rules.filter(([needed]) => needed).map(([, reason, step]) => ({ reason, step: step() }));

export const USER_GONE: Reason = ours('its user had gone');
export const USER_HALF_MADE: Reason = ours('its user was made by half');

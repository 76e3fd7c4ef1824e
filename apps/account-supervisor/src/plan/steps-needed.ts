/** Lists of steps, each with the reason for which it is taken. Pure. */
import type { AccountStep } from './account-steps.ts';

/** A step, and whether it is needed. */
type Rule = readonly [needed: boolean, step: () => AccountStep];
/** stepsNeeded returns the steps of the rules that hold, in order. */
export const stepsNeeded = (rules: readonly Rule[]): readonly AccountStep[] =>
  rules.filter(([needed]) => needed).map(([, step]) => step());

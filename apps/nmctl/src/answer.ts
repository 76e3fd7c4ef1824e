/** What a daemon said, or why it said nothing useful. Pure. */
import type { FaultName } from '@nodemgr/faults';

export type Answer<T> =
  | { readonly answered: true; readonly value: T }
  /** `kind` 'unavailable': it is not there, or we may not ask it; else it answered that it failed. */
  | { readonly answered: false; readonly kind: FaultName; readonly reason: string };

/** heard returns what was answered, or undefined. */
export function heard<T>(answer: Answer<T>): T | undefined {
  return answer.answered ? answer.value : undefined;
}

/** isSilent reports whether nobody was there to answer. */
export function isSilent(answer: Answer<unknown>): boolean {
  return !answer.answered && answer.kind === 'unavailable';
}

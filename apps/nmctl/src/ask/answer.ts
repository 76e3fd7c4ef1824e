/** A daemon's answer, or the reason why there is none that can be used. Pure. */
import type { FaultName } from '@nodemgr/faults';

export type Answer<T> =
  | { readonly answered: true; readonly value: T }
  /** `kind` 'unavailable': it is not there; 'permission-denied': we may not ask; else it failed. */
  | {
      readonly answered: false;
      readonly kind: FaultName;
      readonly reason: string;
      /** The question reached the daemon: what it was asked to do may still happen. */
      readonly asked?: true;
    };

/** heard returns what was answered, or undefined. */
export function heard<T>(answer: Answer<T>): T | undefined {
  return answer.answered ? answer.value : undefined;
}

/** isForbidden reports whether we are not allowed to ask. */
export function isForbidden(answer: Answer<unknown>): boolean {
  return !answer.answered && answer.kind === 'permission-denied';
}

/** isSilent reports whether nothing was heard at all, be it that nobody is there or that we may not ask. */
export function isSilent(answer: Answer<unknown>): boolean {
  return isForbidden(answer) || (!answer.answered && answer.kind === 'unavailable');
}

export type AnswerState = 'up' | 'down' | 'no access' | 'fails';

/** answerState returns the kind of an answer: 'fails' is an answer that is an error. */
export function answerState(answer: Answer<unknown>): AnswerState {
  if (answer.answered) return 'up';
  if (isForbidden(answer)) return 'no access';
  return isSilent(answer) ? 'down' : 'fails';
}

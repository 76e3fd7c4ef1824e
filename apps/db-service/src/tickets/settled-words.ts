/** Settles, once the clock is trusted, the time of last words that had none or a wrong one. Pure. */
import type { EpochSeconds } from '@nodemgr/records';
import { ISSUED_TOLERANCE } from '@nodemgr/tickets';
import type { LastWord, NodeState, Row } from '../store/node-state.ts';

/** A word of the future was said under a clock that was ahead; with it, no ticket would count for years. */
function isUnsettled({ issued, untimed }: LastWord, now: EpochSeconds): boolean {
  return untimed === true || issued > now + ISSUED_TOLERANCE;
}

/**
 * settledRows has the words that are lost, and those of the future, count as said now. It
 * cannot be undone: of a clock that is wrong and trusted all the same, it makes old tickets count again.
 */
export function settledRows({ lastWords }: NodeState, now: EpochSeconds): readonly Row[] {
  return [...lastWords]
    .filter(([, word]) => isUnsettled(word, now))
    .map(([key, { untimed: _, ...word }]): Row => {
      return { table: 'last_words', key, value: { ...word, issued: now } };
    });
}

/**
 * What documents say of slices that are over, left out or at their end, as last words: a ticket from
 * before must not bring back what PLC has ended. Of slices that a document names as live nothing is
 * remembered, for their record says it. Pure.
 */
import {
  type DeliveredRecord,
  type EpochSeconds,
  isSliver,
  type RecordKey,
  type Removal,
  type Source,
} from '@nodemgr/records';
import type { LastWord, NodeState } from '../store/node-state.ts';
import { heldAsOfWord } from './last-words.ts';

/** A slice, and what is said of it. */
export type Word = readonly [RecordKey, LastWord];

const laterOf = (a: EpochSeconds, b: EpochSeconds | undefined): EpochSeconds =>
  b !== undefined && b > a ? b : a;

/** wordsOnRemoved returns the word of an update on the slices that it removes. */
export function wordsOnRemoved(
  state: NodeState,
  issued: EpochSeconds,
  removals: readonly Removal[],
): readonly Word[] {
  return removals.flatMap(({ record_key }): Word[] => {
    const record = state.records.get(record_key)?.record;
    return record !== undefined && isSliver(record) ? [[record_key, { issued }]] : [];
  });
}

/**
 * wordsOnExpired returns the word on the slices of documents whose time is over: from when their source
 * last `vouched` for them. A ticket's slice has the ticket's word already.
 */
export function wordsOnExpired(
  state: NodeState,
  removals: readonly Removal[],
  vouched: ReadonlyMap<Source, EpochSeconds>,
): readonly Word[] {
  return removals.flatMap(({ record_key }): Word[] => {
    const held = state.records.get(record_key);
    if (held === undefined || held.source === 'ticket' || !isSliver(held.record)) return [];
    const issued = laterOf(held.record.timestamp, vouched.get(held.source));
    return [[record_key, { issued }]];
  });
}

/** The effect of a document on the slices that it names as over. */
export interface Ending {
  /** Records of tickets that are older than the document. */
  readonly removals: readonly Removal[];
  /** On slices of which there is no record, if not said already. */
  readonly words: readonly Word[];
}

/**
 * Whether a word says all that the document does: one of a document from after the end. Documents may
 * name for ever what is over, and each of them would write a row.
 */
function isSaid(word: LastWord | undefined, { expiry }: DeliveredRecord): boolean {
  if (word === undefined || word.ticket !== undefined) return false;
  return expiry === undefined || word.issued >= expiry;
}

/** endingBy returns what follows from the slices that a document issued at `issued` names as `over`. */
export function endingBy(
  state: NodeState,
  issued: EpochSeconds,
  over: readonly DeliveredRecord[],
): Ending {
  const removals: Removal[] = [];
  const words: Word[] = [];
  for (const record of over) {
    const { record_key } = record;
    const held = heldAsOfWord(state, record_key);
    const word = state.lastWords.get(record_key);
    if (!isSliver(record) || (held !== undefined && held.source !== 'ticket')) continue;
    if (held === undefined) {
      if (!isSaid(word, record)) words.push([record_key, { issued }]);
    } else if (held.record.timestamp < issued) {
      removals.push({ record_key, reason: 'document' });
    }
  }
  return { removals, words };
}

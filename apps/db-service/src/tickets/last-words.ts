/**
 * Remembers the last word on each slice, so that no old ticket undoes a newer word, even after the record has
 * gone. How long is not a matter of time, for an old ticket may be good for years: the oldest words are
 * forgotten when there are too many, and from then on no ticket as old as they counts for any slice that
 * is not remembered. Pure.
 */
import {
  type EpochSeconds,
  type HeldRecord,
  MAX_RECORDS,
  type RecordKey,
  recordKeyOf,
  sliverOfKey,
} from '@nodemgr/records';
import {
  FORGOTTEN,
  type LastWord,
  type LastWordKey,
  type NodeState,
  type Row,
} from '../store/node-state.ts';
import type { BadRow } from '../store/row-schemas.ts';

/** Slices remembered: all that one document can name, and as many again. */
export const MAX_LAST_WORDS = 2 * MAX_RECORDS;

/**
 * lastWordOn returns the last word on a slice, if any ticket must be held against one. What has been
 * forgotten may be later than a word that is left, but for a slice that stands by a ticket.
 */
export function lastWordOn(
  { lastWords, records }: NodeState,
  key: RecordKey,
): LastWord | undefined {
  const own = lastWords.get(key);
  const forgotten = lastWords.get(FORGOTTEN);
  if (own === undefined || forgotten === undefined) return own ?? forgotten;
  if (records.get(key)?.source === 'ticket') return own;
  return forgotten.untimed || forgotten.issued > own.issued ? forgotten : own;
}

/** heldAsOfWord returns what is held of a slice as of the last word on it: a time that was settled is the word's alone. */
export function heldAsOfWord(
  { records, lastWords }: NodeState,
  key: RecordKey,
): HeldRecord | undefined {
  const held = records.get(key);
  const word = lastWords.get(key);
  if (held === undefined || word === undefined) return held;
  return { ...held, record: { ...held.record, timestamp: word.issued } };
}

/** heldByTicket returns the slice whose last word is this ticket, and whose record is still a ticket's. */
export function heldByTicket(state: NodeState, digest: string): RecordKey | undefined {
  for (const [key, { ticket }] of state.lastWords) {
    if (ticket !== digest || key === FORGOTTEN) continue;
    if (state.records.get(key)?.source === 'ticket') return key;
  }
  return undefined;
}

function forgetRows(words: ReadonlyMap<LastWordKey, LastWord>, most: number): readonly Row[] {
  const remembered = [...words].filter(([key]) => key !== FORGOTTEN);
  if (remembered.length <= most) return [];
  const oldestFirst = remembered.sort(([, a], [, b]) => a.issued - b.issued);
  const forgotten = oldestFirst.slice(0, remembered.length - most);
  const drops = forgotten.map(([key]): Row => ({ table: 'last_words', key, value: undefined }));
  const before = words.get(FORGOTTEN);
  const [, newest] = forgotten.at(-1) ?? [];
  const isLost = forgotten.some(([, { untimed }]) => untimed);
  if (newest === undefined || before?.untimed) return drops;
  if (before !== undefined && before.issued >= newest.issued && !isLost) return drops;
  const value: LastWord = { issued: newest.issued, ...(isLost ? { untimed: true } : {}) };
  return [...drops, { table: 'last_words', key: FORGOTTEN, value }];
}

/**
 * lastWordRows remembers words; one that is not later than the word remembered says nothing, but that a
 * ticket of a document's second is told apart from then on.
 */
export function lastWordRows(
  state: NodeState,
  words: readonly (readonly [RecordKey, LastWord])[],
  most: number = MAX_LAST_WORDS,
): readonly Row[] {
  const news = words.filter(([key, { issued, ticket }]) => {
    const held = state.lastWords.get(key);
    if (held === undefined) return true;
    // What is lost may be later; when it was is settled with a later time than this.
    if (held.untimed) return false;
    if (issued !== held.issued) return issued > held.issued;
    return held.ticket === undefined && ticket !== undefined;
  });
  if (news.length === 0) return [];
  const puts = news.map(([key, value]): Row => ({ table: 'last_words', key, value }));
  // What is forgotten at once is written first, and then deleted.
  const after = new Map<LastWordKey, LastWord>([...state.lastWords, ...news]);
  return [...puts, ...forgetRows(after, most)];
}

/** The record of the slice that a row was about, if its key still shows that. */
function sliceOf(key: string): RecordKey | undefined {
  const name = sliverOfKey(key);
  return name === undefined ? undefined : recordKeyOf('sliver', name);
}

/** Rows without which an old ticket could undo what was said: a record of PLC's is its word too. */
function isWord({ table, key }: BadRow): boolean {
  return table === 'last_words' || (table === 'records' && sliceOf(key) !== undefined);
}

/**
 * lostWordRows puts a word of `now` in the place of each that is among `badRows`, which go, until a trusted
 * clock has settled when that was. With `isSalvage`, rows may be lost of which not even the key is left: then it is
 * the word on every slice that is not remembered.
 */
export function lostWordRows(
  badRows: readonly BadRow[],
  { now, isSalvage }: { readonly now: EpochSeconds; readonly isSalvage: boolean },
): readonly Row[] {
  const lost = badRows.filter(isWord);
  const keys = new Set<LastWordKey>(lost.map(({ key }) => sliceOf(key) ?? FORGOTTEN));
  if (isSalvage) keys.add(FORGOTTEN);
  const value: LastWord = { issued: now, untimed: true };
  return [
    // The key is the file's: to delete it, it need not be one of ours.
    ...lost.map(({ table, key }) => ({ table, key, value: undefined }) as Row),
    ...[...keys].map((key): Row => ({ table: 'last_words', key, value })),
  ];
}

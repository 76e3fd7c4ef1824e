/** What stands in for last words that a damaged database has lost. Pure. */
import { type EpochSeconds, type RecordKey, recordKeyOf, sliverOfKey } from '@nodemgr/records';
import { FORGOTTEN, type LastWord, type LastWordKey, type Row } from '../store/node-state.ts';
import type { BadRow } from '../store/row-schemas.ts';

/** The record of the slice that a row was about, if that can still be told. */
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

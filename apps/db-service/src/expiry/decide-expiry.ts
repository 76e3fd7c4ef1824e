/** Decides which rows go because of time: records that are over, and marks of accounts long gone. Pure. */
import {
  type EpochSeconds,
  isAccount,
  planExpiry,
  type RecordKey,
  type Removal,
  type Source,
} from '@nodemgr/records';
import type { NodeState, Row } from '../store/node-state.ts';
import { wordsOnExpired } from '../tickets/document-words.ts';
import { lastWordRows } from '../tickets/last-words.ts';

/** When records were removed, and whether that time can be believed. */
export interface MarkTime {
  readonly now: EpochSeconds;
  readonly clockTrusted: boolean;
}

/** removalRows deletes records; an account leaves a mark that says why it went. */
export function removalRows(
  state: NodeState,
  removals: readonly Removal[],
  { now, clockTrusted }: MarkTime,
): Row[] {
  const when = { removed_at: now, ...(clockTrusted ? {} : { untimed: true as const }) };
  return removals.flatMap(({ record_key, reason }): Row[] => {
    const record = state.records.get(record_key)?.record;
    const isAnAccount = record !== undefined && isAccount(record);
    return [
      { table: 'records', key: record_key, value: undefined },
      ...(isAnAccount
        ? [{ table: 'removed', key: record_key, value: { reason, ...when } } as const]
        : []),
    ];
  });
}

/**
 * decideExpiry removes what is over, and forgets accounts whose files may be gone by now. `now` is
 * from a trusted clock: a removal of uncertain time counts as made now, so that files are never kept
 * too short. `vouched` is when each source last vouched for its records: what is over leaves that as
 * the last word on it.
 */
export function decideExpiry(
  state: NodeState,
  now: EpochSeconds,
  keepSeconds: number,
  vouched: ReadonlyMap<Source, EpochSeconds>,
): readonly Row[] {
  const marks = [...state.removed].flatMap(([key, { reason, removed_at, untimed }]): Row[] => {
    if (untimed) return [{ table: 'removed', key, value: { reason, removed_at: now } }];
    if (removed_at + keepSeconds > now) return [];
    return [{ table: 'removed', key, value: undefined }, ...forgetLocals(state, key)];
  });
  const removals = planExpiry(state.records, now);
  return [
    ...marks,
    ...removalRows(state, removals, { now, clockTrusted: true }),
    ...lastWordRows(state, wordsOnExpired(state, removals, vouched)),
  ];
}

function forgetLocals(state: NodeState, key: RecordKey): Row[] {
  return state.locals.has(key) ? [{ table: 'locals', key, value: undefined }] : [];
}

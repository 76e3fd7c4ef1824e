/** What stands in for last words that a damaged database has lost. Pure. */
import type { EpochSeconds } from '@nodemgr/records';
import { FORGOTTEN, type NodeState, type Row } from './node-state.ts';

/**
 * lostWordRows forgets the words under `badKeys`, and with them every slice that is not remembered: for
 * those no ticket counts that was issued before the newest time that anything left in `state` bears. That
 * is when this node was last told something, whatever its clock says now; only when nothing is left, it
 * is `now`.
 */
export function lostWordRows(
  state: NodeState,
  badKeys: readonly string[],
  now: EpochSeconds,
): { readonly rows: readonly Row[]; readonly issued: EpochSeconds } {
  const times = [
    ...[...state.lastWords.values()].map(({ issued }) => issued),
    ...[...state.records.values()].map(({ record }) => record.timestamp),
    ...[...state.sources.values()].map(({ timestamp }) => timestamp),
  ];
  const [first = now, ...others] = times;
  const issued = others.reduce((newest, time) => (time > newest ? time : newest), first);
  // The key is the file's: to delete it, it need not be one of ours.
  const drops = badKeys.map((key): Row => {
    return { table: 'last_words', key: key as typeof FORGOTTEN, value: undefined };
  });
  return { rows: [...drops, { table: 'last_words', key: FORGOTTEN, value: { issued } }], issued };
}

/** Turns what slices.xml says into the records that db-service takes. Pure. */
import {
  type Delegation,
  type EpochSeconds,
  recordKeyOf,
  type SliverRecord,
} from '@nodemgr/records';
import type { AcceptedDocument } from './slices-document.ts';

/**
 * recordsFromSlices makes one sliver record of each slice. `timestamp` is when PLC vouched for the
 * document; `delegations` are the pairs [caller, method] that this node's configuration grants on
 * every sliver. Everything that PLC names it has instantiated itself.
 */
export function recordsFromSlices(
  document: Pick<AcceptedDocument, 'slices'>,
  timestamp: EpochSeconds,
  delegations: readonly Delegation[],
): SliverRecord[] {
  const granted = delegations.map(([caller, method]): [string, string] => [caller, method]);
  return document.slices.map(({ name, unreadable: _, ...slice }) => ({
    record_key: recordKeyOf('sliver', name),
    account_type: 'sliver',
    name,
    ...slice,
    timestamp,
    plc_instantiated: true,
    rspec: { ...slice.rspec },
    delegations: granted,
  }));
}

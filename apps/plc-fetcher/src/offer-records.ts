/** Turns a good document, and this node's configuration, into what is offered to db-service. Pure. */
import type { Config } from '@nodemgr/config';
import { type Delegation, type EpochSeconds, epochSeconds } from '@nodemgr/records';
import { recordsFromSlices } from '@nodemgr/slices-xml';
import type { SourceOffer } from './delivery-loop.ts';
import type { GoodDocument } from './judge-answer.ts';
import { type BadDelegate, digestOf, recordsFromConfig } from './plan-records.ts';

/** A digest does not look at timestamps. */
const ANY_TIME = epochSeconds(0);

/** offerDocument returns what source `plc` has to say: a sliver record for each slice of the document. */
export function offerDocument(
  { document, vouchedAt, fresh }: GoodDocument,
  delegations: readonly Delegation[],
): SourceOffer {
  const records = (timestamp: EpochSeconds) => recordsFromSlices(document, timestamp, delegations);
  return { digest: digestOf(records(ANY_TIME)), vouchedAt, fresh, records };
}

/** offerConfig returns what source `config` has to say, and which delegates are left out of it. */
export function offerConfig(
  config: Pick<Config, 'delegates' | 'bandwidth'>,
  vouchedAt: EpochSeconds,
): { readonly offer: SourceOffer; readonly bad: readonly BadDelegate[] } {
  const { records, bad } = recordsFromConfig(config, ANY_TIME);
  const asOf = (timestamp: EpochSeconds) => records.map((record) => ({ ...record, timestamp }));
  // The file is this node's own word, read when this process started: always fresh.
  return { offer: { digest: digestOf(records), vouchedAt, fresh: true, records: asOf }, bad };
}

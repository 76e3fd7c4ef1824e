/** Turns a good document, and this node's configuration, into what is offered to db-service. Pure. */
import { type DeliveredRemark, remarkText } from '@nodemgr/contracts';
import {
  type DeliveredRecord,
  type EpochSeconds,
  epochSeconds,
  PLC_DOCUMENTS,
  type PlcKind,
  recordKeyOf,
} from '@nodemgr/records';
import type { SourceOffer } from './delivery-loop.ts';
import type { GoodDocument } from './judge-answer.ts';
import { type BadKey, digestOf, type OwnRecordsConfig, recordsFromConfig } from './plan-records.ts';

/** A digest does not look at timestamps. */
const ANY_TIME = epochSeconds(0);

/** asOf returns records that are vouched for at `timestamp`. */
const asOf =
  (records: readonly DeliveredRecord[]) =>
  (timestamp: EpochSeconds): readonly DeliveredRecord[] =>
    records.map((record) => ({ ...record, timestamp }));

/** offerDocument returns the update of source `plc`; `kind` is what the node is configured to hear. */
export function offerDocument(
  { read, vouchedAt, fresh }: GoodDocument,
  kind: PlcKind,
): SourceOffer {
  const { digest, state } = read;
  const { unreadable, remarks } = state;
  const records = asOf(state.records);
  const subject = PLC_DOCUMENTS[kind];
  return { subject, digest, vouchedAt, fresh, records, unreadable, remarks };
}

function badKeyRemark({ name, why }: BadKey): DeliveredRemark {
  const record_key = recordKeyOf('delegate', name);
  return { record_key, severity: 'trouble', text: remarkText(why) };
}

/** offerConfig returns the update of source `config`. */
export function offerConfig(config: OwnRecordsConfig, vouchedAt: EpochSeconds): SourceOffer {
  const { records, bad } = recordsFromConfig(config, ANY_TIME);
  const remarks = bad.map(badKeyRemark);
  const digest = digestOf({ records, unreadable: [], remarks });
  // The file is this node's own, read when this process started: always fresh.
  const about = { subject: 'configuration', digest, vouchedAt, fresh: true };
  return { ...about, records: asOf(records), unreadable: [], remarks };
}

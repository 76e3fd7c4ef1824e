/** Turns a good document, and this node's configuration, into what is offered to db-service. Pure. */
import type { Config } from '@nodemgr/config';
import { type DeliveredRemark, remarkText } from '@nodemgr/contracts';
import { type Delegation, type EpochSeconds, epochSeconds, recordKeyOf } from '@nodemgr/records';
import { recordsFromSlices } from '@nodemgr/slices-xml';
import type { SourceOffer } from './delivery-loop.ts';
import type { GoodDocument } from './judge-answer.ts';
import { type BadKey, digestOf, recordsFromConfig } from './plan-records.ts';

/** A digest does not look at timestamps. */
const ANY_TIME = epochSeconds(0);

/** offerDocument returns the update of source `plc`: a sliver record for each slice of the document. */
export function offerDocument(
  { document, vouchedAt, fresh }: GoodDocument,
  delegations: readonly Delegation[],
): SourceOffer {
  const records = (timestamp: EpochSeconds) => recordsFromSlices(document, timestamp, delegations);
  const unreadable = document.slices.flatMap(({ name, unreadable: fields }) =>
    fields.length === 0 ? [] : [{ record_key: recordKeyOf('sliver', name), fields }],
  );
  const remarks = document.remarks.map(({ slice, ...remark }) =>
    slice === undefined ? remark : { ...remark, record_key: recordKeyOf('sliver', slice) },
  );
  const digest = digestOf({ records: records(ANY_TIME), unreadable, remarks });
  return { digest, vouchedAt, fresh, records, unreadable, remarks };
}

function badKeyRemark({ name, why }: BadKey): DeliveredRemark {
  const record_key = recordKeyOf('delegate', name);
  return { record_key, severity: 'trouble', text: remarkText(why) };
}

/** offerConfig returns the update of source `config`. */
export function offerConfig(
  config: Pick<Config, 'delegates' | 'bandwidth'>,
  vouchedAt: EpochSeconds,
): SourceOffer {
  const { records, bad } = recordsFromConfig(config, ANY_TIME);
  const asOf = (timestamp: EpochSeconds) => records.map((record) => ({ ...record, timestamp }));
  const remarks = bad.map(badKeyRemark);
  const digest = digestOf({ records, unreadable: [], remarks });
  // The file is this node's own, read when this process started: always fresh.
  return { digest, vouchedAt, fresh: true, records: asOf, unreadable: [], remarks };
}

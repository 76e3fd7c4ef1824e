/** Checks the records of a delivery one by one: a bad one holds up nothing but itself. Pure. */
import {
  checkRecord,
  type DeliveredRecord,
  type EpochSeconds,
  type Ignored,
  MAX_KEY_LENGTH,
  type RecordKey,
  recordKeySchema,
} from '@nodemgr/records';
import * as z from 'zod';

export interface CheckedRecords {
  readonly records: readonly DeliveredRecord[];
  readonly unusable: readonly Ignored[];
}

/** checkRecords returns those that are records, each with the update's timestamp, and what is wrong with the others. */
export function checkRecords(
  candidates: readonly unknown[],
  timestamp: EpochSeconds,
): CheckedRecords {
  const records: DeliveredRecord[] = [];
  const unusable: Ignored[] = [];
  for (const candidate of candidates) {
    const checked = checkRecord(candidate);
    if ('record' in checked) records.push({ ...checked.record, timestamp });
    else unusable.push({ record_key: claimedKey(candidate), why: checked.why });
  }
  return { records, unusable };
}

const claimSchema = z.object({ record_key: z.string() });

/**
 * What a record that cannot be used calls itself. It is shown, and kept from going where it is held; nothing
 * is written under it.
 */
function claimedKey(candidate: unknown): RecordKey {
  const claimed = claimSchema.safeParse(candidate).data?.record_key ?? '(no key)';
  return recordKeySchema.parse(claimed.slice(0, MAX_KEY_LENGTH));
}

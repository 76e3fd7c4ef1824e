/** Makes records and slivers for the tests; each an ordinary one unless told otherwise. */
import type { Lender } from './loans.ts';
import type { HeldRecord } from './plan-update.ts';
import { accountName, bitsPerSecond, DEFAULT_IMAGE, epochSeconds } from './quantities.ts';
import type {
  BwcapRecord,
  DelegateRecord,
  DeliveredRecord,
  Loan,
  SliverRecord,
  Source,
} from './record.ts';
import { BWCAP_KEY, type RecordKey, recordKeyOf } from './record-key.ts';
import { type Rspec, withDefaults } from './rspec.ts';

type Changes<R> = Partial<Omit<R, 'name' | 'timestamp' | 'expiry'>> & {
  readonly name?: string;
  readonly timestamp?: number;
  readonly expiry?: number | undefined;
};

function timesOf({ timestamp = 0, expiry }: { timestamp?: number; expiry?: number | undefined }) {
  return {
    timestamp: epochSeconds(timestamp),
    ...(expiry === undefined ? {} : { expiry: epochSeconds(expiry) }),
  };
}

export function aSliver(changes: Changes<SliverRecord> = {}): SliverRecord {
  const name = accountName(changes.name ?? 'princeton_sirius');
  return {
    account_type: 'sliver',
    plc_instantiated: true,
    ssh_keys: '',
    id: 12,
    rspec: {},
    initscript: '',
    image: DEFAULT_IMAGE,
    delegations: [],
    ...changes,
    ...timesOf(changes),
    name,
    record_key: recordKeyOf('sliver', name),
  } as SliverRecord; // With exactOptionalPropertyTypes a spread of optional fields has none of them for sure.
}

export function aDelegate(changes: Changes<DelegateRecord> = {}): DelegateRecord {
  const name = accountName(changes.name ?? 'del_snoop');
  return {
    account_type: 'delegate',
    plc_instantiated: true,
    ssh_keys: '',
    ...changes,
    ...timesOf(changes),
    name,
    record_key: recordKeyOf('delegate', name),
  } as DelegateRecord; // As above.
}

export function aCap(changes: Changes<Omit<BwcapRecord, 'name'>> = {}): BwcapRecord {
  return {
    cap: bitsPerSecond(1_000_000),
    exempt_ips: [],
    ...changes,
    ...timesOf(changes),
    record_key: BWCAP_KEY,
  } as BwcapRecord; // As above.
}

/** held makes what the database holds of one source. */
export function held(
  source: Source,
  ...records: readonly DeliveredRecord[]
): Map<RecordKey, HeldRecord> {
  return new Map(records.map((record) => [record.record_key, { record, source }]));
}

/** aLender has the default RSpec with `changes`, and `loans`. */
export function aLender(changes: Rspec = {}, loans: readonly Loan[] = []): Lender {
  return { rspec: withDefaults(changes), loans };
}

export const keyOf = (name: string): RecordKey => recordKeyOf('sliver', accountName(name));

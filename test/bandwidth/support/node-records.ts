/** What a bandwidth test has its node told: each record an ordinary one but for what the test is about. */
import {
  accountName,
  BWCAP_KEY,
  type BwcapRecord,
  bitsPerSecond,
  DEFAULT_IMAGE,
  epochSeconds,
  type Rspec,
  recordKeyOf,
  type SliverRecord,
} from '@nodemgr/records';

/** What every branch of the node may send, and to whom it may send more. */
export interface Cap {
  readonly cap: number;
  readonly exemptIps?: readonly string[];
}

export interface NodeRecords {
  /** RSpecs by the slivers' names; what they do not say is as by default. */
  readonly slivers: Readonly<Record<string, Rspec>>;
  /** Absent: no cap. */
  readonly cap?: Cap;
}

const FIRST_ID = 1_879_048_192;
const RANGE = 65_536;

/** rangeOf returns the user ids of the sliver that comes `place`-th in its node's records. */
export function rangeOf(place: number): { readonly first: number; readonly count: number } {
  return { first: FIRST_ID + place * RANGE, count: RANGE };
}

/** userOf returns the user id of some program of the sliver at `place`. */
export function userOf(place: number): number {
  return rangeOf(place).first + 7;
}

export function aSliverRecord(text: string, rspec: Rspec): SliverRecord {
  const name = accountName(text);
  return {
    record_key: recordKeyOf('sliver', name),
    timestamp: epochSeconds(0),
    account_type: 'sliver',
    name,
    id: 12,
    plc_instantiated: true,
    ssh_keys: '',
    initscript: '',
    image: DEFAULT_IMAGE,
    delegations: [],
    rspec,
  };
}

export function aCapRecord({ cap, exemptIps = [] }: Cap): BwcapRecord {
  return {
    record_key: BWCAP_KEY as BwcapRecord['record_key'],
    timestamp: epochSeconds(0),
    cap: bitsPerSecond(cap),
    exempt_ips: [...exemptIps],
  };
}

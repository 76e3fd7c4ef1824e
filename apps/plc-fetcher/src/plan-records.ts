/** Decides which records this node's own configuration stands for, and names sets of records. Pure. */
import { createHash } from 'node:crypto';
import type { Config } from '@nodemgr/config';
import type { FullUpdateParams } from '@nodemgr/contracts';
import {
  type AccountName,
  BWCAP_KEY,
  bitsPerSecond,
  canonicalJson,
  contentOf,
  type DelegateRecord,
  type Delegation,
  type DeliveredRecord,
  type EpochSeconds,
  MAX_DELEGATIONS,
  recordKeyOf,
} from '@nodemgr/records';
import { readSshKey } from '@nodemgr/slices-xml';

type Delegate = Config['delegates'][number];

/** A key of a delegate that is left out of its record, which counts all the same. */
export interface BadKey {
  /** The delegate's. */
  readonly name: AccountName;
  /** Begins with `ssh_keys.N`. */
  readonly why: string;
}

export interface ConfigRecords {
  readonly records: readonly DeliveredRecord[];
  readonly bad: readonly BadKey[];
}

function delegateRecord({ name, ssh_keys }: Delegate, timestamp: EpochSeconds): DelegateRecord {
  const verdicts = ssh_keys.map(readSshKey);
  const lines = new Set(verdicts.flatMap((verdict) => (verdict.ok ? [verdict.line] : [])));
  return {
    record_key: recordKeyOf('delegate', name),
    account_type: 'delegate',
    name,
    timestamp,
    plc_instantiated: true,
    ssh_keys: [...lines].sort().join('\n'),
  };
}

function badKeys({ name, ssh_keys }: Delegate): readonly BadKey[] {
  return ssh_keys.flatMap((text, index) => {
    const verdict = readSshKey(text);
    return verdict.ok ? [] : [{ name, why: `ssh_keys.${index} cannot be used: ${verdict.why}` }];
  });
}

/** The part of the configuration that records are made of. */
export type OwnRecordsConfig = Pick<Config, 'delegates'> & {
  readonly bandwidth: Pick<Config['bandwidth'], 'cap' | 'exempt_ips' | 'link_rate'>;
  readonly plc: Pick<Config['plc'], 'kind'>;
};

/**
 * Exempt networks mean something only under a cap: where none is set it is the link itself. A PLC that says which cap
 * a node has takes the exempt networks with it (libs/getslivers).
 */
function bwcapRecords(
  { plc, bandwidth: { cap, exempt_ips, link_rate } }: OwnRecordsConfig,
  timestamp: EpochSeconds,
): readonly DeliveredRecord[] {
  if (cap === undefined && plc.kind === 'getslivers') return [];
  if (cap === undefined && exempt_ips.length === 0) return [];
  const rate = bitsPerSecond(cap ?? link_rate);
  return [{ record_key: BWCAP_KEY, timestamp, cap: rate, exempt_ips: [...exempt_ips] }];
}

/** recordsFromConfig returns the records of source `config`: delegates, and the bandwidth cap if any. */
export function recordsFromConfig(
  config: OwnRecordsConfig,
  timestamp: EpochSeconds,
): ConfigRecords {
  return {
    records: [
      ...config.delegates.map((delegate) => delegateRecord(delegate, timestamp)),
      ...bwcapRecords(config, timestamp),
    ],
    bad: config.delegates.flatMap(badKeys),
  };
}

/**
 * delegationsFromConfig returns what every sliver record grants on this node: each delegate, each of
 * its methods. Throws RangeError when there are more than a record may hold.
 */
export function delegationsFromConfig(delegates: readonly Delegate[]): readonly Delegation[] {
  const pairs = delegates.flatMap(({ name, methods }) =>
    [...new Set(methods)].map((method): Delegation => [name, method]),
  );
  if (pairs.length <= MAX_DELEGATIONS) return pairs;
  throw new RangeError(
    `delegates.*.methods: ${pairs.length} methods in all; at most ${MAX_DELEGATIONS} are allowed`,
  );
}

/** The whole update of a source, without its time. */
export interface Said {
  readonly records: readonly DeliveredRecord[];
  readonly unreadable: FullUpdateParams['unreadable'];
  readonly remarks: FullUpdateParams['remarks'];
}

/** digestOf returns SHA-256 (hex) of an update's content, whatever the order and the timestamps. */
export function digestOf({ records, unreadable, remarks }: Said): string {
  const hash = createHash('sha256');
  const rest = [...unreadable, ...remarks].map(canonicalJson);
  for (const content of [...records.map(contentOf), ...rest].sort()) {
    hash.update(content).update('\n');
  }
  return hash.digest('hex');
}

/** Records and states for tests: each says only what the test is about. */

import type { AccountItem, FeedItem } from '@nodemgr/contracts';
import type { ImageVersion } from '@nodemgr/images';
import {
  type AccountName,
  accountName,
  DEFAULT_IMAGE,
  DEFAULT_RSPEC,
  epochSeconds,
  NO_LOCAL_FACTS,
  type RecordKey,
  recordKeyOf,
  type SliverRecord,
  TIMESTAMP_KEY,
} from '@nodemgr/records';
import { contentOf, type DesiredSliver } from '../desired/desired-account.ts';
import type { Reason } from '../desired/reasons.ts';
import type { NodeFacts } from '../limits/limit.ts';
import { cpuWeight } from '../limits/plan-cpu-weights.ts';
import type { OwnLimits } from '../limits/table.ts';
import type { ObservedSliver } from '../observed/observed-account.ts';
import type { Circumstances } from '../plan/account-plan.ts';
import { type IdPolicy, idsOf, slot } from '../slots/account-ids.ts';

export const SIRIUS = accountName('princeton_sirius');
export const BOOT = 'boot-1';
export const POLICY: IdPolicy = { first_uid: 30_000, first_range_id: 1_879_048_192, slots: 8 };
export const WEIGHT = cpuWeight(256);
/** The machine that everything is on. */
export const NODE: NodeFacts = {
  cpus: 4,
  memory: 1_000_000,
  stateDir: '/var/lib/nodemgr',
  disk: undefined,
  lacks: {},
};
/** The image that every sliver's files stand on, unless a test says otherwise. */
export const IMAGE = 'default@1' as ImageVersion;

type SliverChanges = Partial<Omit<AccountItem, 'record'>> & {
  readonly record?: Partial<SliverRecord>;
};

/** aSliver makes the feed's item of a sliver that PLC has instantiated. */
export function aSliver(name: AccountName = SIRIUS, changes: SliverChanges = {}): AccountItem {
  const record: SliverRecord = {
    record_key: recordKeyOf('sliver', name),
    account_type: 'sliver',
    name,
    timestamp: epochSeconds(1000),
    plc_instantiated: true,
    ssh_keys: 'ssh-ed25519 AAAA one@host\n',
    id: 12,
    rspec: {},
    initscript: '#!/bin/sh\n',
    image: DEFAULT_IMAGE,
    delegations: [],
    ...changes.record,
  };
  const local = { ...NO_LOCAL_FACTS, ...changes.local };
  const rspec = { ...DEFAULT_RSPEC, ...changes.effective };
  return { kind: 'account', source: 'plc', rspec, effective: rspec, ...changes, record, local };
}

/** aDelegate makes the feed's item of a delegate. */
export function aDelegate(name: AccountName): AccountItem {
  return {
    kind: 'account',
    source: 'config',
    record: {
      record_key: recordKeyOf('delegate', name),
      account_type: 'delegate',
      name,
      timestamp: epochSeconds(1000),
      plc_instantiated: true,
      ssh_keys: 'ssh-ed25519 AAAA two@host\n',
    },
    local: NO_LOCAL_FACTS,
    rspec: {},
    effective: {},
  };
}

/** acceptedIn makes the `timestamp` item: documents of these sources were accepted in that boot. */
export function acceptedIn(bootId: string, ...sources: readonly ('plc' | 'config')[]): FeedItem {
  const entry = { timestamp: epochSeconds(1000), boot_id: bootId };
  return {
    kind: 'timestamp',
    timestamp: epochSeconds(1000),
    sources: Object.fromEntries(sources.map((source) => [source, entry])),
  };
}

/** theRemovalOf makes the item that stays when a record is gone. */
export function theRemoval(reason: 'expired' | 'document'): FeedItem {
  return { kind: 'removal', reason, removed_at: epochSeconds(2000) };
}

/** itemsOf makes a feed's items; PLC's document counts as accepted in this boot unless said otherwise. */
export function itemsOf(
  entries: readonly (readonly [RecordKey, FeedItem])[],
  accepted: FeedItem = acceptedIn(BOOT, 'plc'),
): Map<RecordKey, FeedItem> {
  return new Map([...entries, [TIMESTAMP_KEY, accepted]]);
}

/** keyed pairs an account's item with its key. */
export function keyed(item: AccountItem): readonly [RecordKey, FeedItem] {
  return [item.record.record_key, item];
}

/** Reasons, where a test is about something else. */
export const OF_PLC: Reason = { why: 'record of plc', by: { kind: 'plc' } };
export const STOPPED: Reason = { why: 'Stop was called', by: { kind: 'api-caller' } };
export const LEFT_OUT: Reason = {
  why: 'its record was left out of the document',
  by: { kind: 'plc' },
};

const OWN_LIMITS: OwnLimits = {
  diskQuota: 5_000_000,
  cpuMax: 0,
  memoryMax: 0,
  tasksMax: 4096,
  ioReadMax: 0,
};

/** wantedSliver makes what a sliver should be like. */
export function wantedSliver({
  limits,
  ...changes
}: Partial<Omit<DesiredSliver, 'limits'>> & {
  readonly limits?: Partial<OwnLimits>;
} = {}): DesiredSliver {
  return {
    type: 'sliver',
    reason: OF_PLC,
    stopReason: STOPPED,
    rest: undefined,
    resumeReason: undefined,
    keys: contentOf('key\n'),
    initscript: contentOf('#!/bin/sh\n'),
    image: DEFAULT_IMAGE,
    run: true,
    login: true,
    starts: 0,
    recreated: 0,
    limits: { ...OWN_LIMITS, ...limits },
    stopAhead: 'none',
    ...changes,
  };
}

/** aRunningSliver makes the observed state of a sliver that is as `wantedSliver` wants it. */
export function aRunningSliver(changes: Partial<ObservedSliver> = {}): ObservedSliver {
  const wanted = wantedSliver();
  return {
    state: 'running',
    slot: slot(0),
    range: true,
    user: 'whole',
    files: { where: 'in-place', image: IMAGE },
    halfMade: false,
    initscript: wanted.initscript.digest,
    keys: wanted.keys.digest,
    unit: true,
    limits: { ...OWN_LIMITS, cpuWeight: WEIGHT },
    login: true,
    starts: 0,
    ...changes,
  };
}

/** circumstances makes the planner's input beside the account: files are kept for 100 seconds. */
export function circumstances(now = 10_000, clockTrusted = true): Circumstances {
  return {
    name: SIRIUS,
    lastFailure: undefined,
    now: epochSeconds(now),
    clockTrusted,
    keepSeconds: 100,
    idsOf: (place) => idsOf(place, POLICY),
    newestImage: (name) => (name === DEFAULT_IMAGE ? IMAGE : undefined),
    tellBy: ['file'],
    noRoom: undefined,
    noSlot: () => 'no free id range: 8 of 8 in use',
  };
}

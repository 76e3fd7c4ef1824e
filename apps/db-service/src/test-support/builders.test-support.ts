/** Makes records, states and a database for the tests; each ordinary unless told otherwise. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeedChange } from '@nodemgr/contracts';
import { type ClockSource, FailureBoard, type Logger, TrustedClock } from '@nodemgr/daemon';
import {
  accountName,
  BWCAP_KEY,
  type BwcapRecord,
  bitsPerSecond,
  DEFAULT_IMAGE,
  DEFAULT_RSPEC,
  type DelegateRecord,
  type DeliveredRecord,
  epochSeconds,
  LEASES_KEY,
  type LeasesRecord,
  type LocalFacts,
  NO_LOCAL_FACTS,
  type RecordKey,
  type Rspec,
  recordKeyOf,
  type SliverRecord,
  type Source,
} from '@nodemgr/records';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Cause } from '../commit/cause.ts';
import { StateKeeper } from '../commit/state-keeper.ts';
import type { IncomingUpdate } from '../deliver/decide-update.ts';
import { Deliveries } from '../deliver/take-deliveries.ts';
import type { Terms } from '../feed/items.ts';
import { loadState } from '../store/load-state.ts';
import { applyRows, EMPTY_STATE, type NodeState, type Row } from '../store/node-state.ts';
import { decideTicket } from '../tickets/decide-ticket.ts';

export const SILENT: Logger = pino({ level: 'silent' });
export const GUARD = { max_removed_share: 0.5, min_slivers: 4 };
/** What the configuration adds to a state, as it is by default. */
export const TERMS: Terms = {
  defaults: DEFAULT_RSPEC,
  leases: { besideHolder: 'raise', raise: 10 },
};
/** What updates are decided by, but for the time. */
export const POLICY = { guard: GUARD, defaults: DEFAULT_RSPEC };
export const DAY = 86_400;
/** 2023-11-14 22:13:20 UTC. */
export const NOON = 1_700_000_000;

/** Why tests change what they do: a call of root's. */
export const BY_ROOT: Cause = { kind: 'call', caller: 'root' };

export const keyOf = (name: string): RecordKey => recordKeyOf('sliver', accountName(name));

interface SliverChanges {
  readonly name?: string;
  readonly timestamp?: number;
  readonly expiry?: number;
  readonly rspec?: Rspec;
  readonly ssh_keys?: string;
  readonly plc_instantiated?: boolean;
}

/** A lease of the slice, as tests write it. */
type LeaseGiven = readonly [name: string, from: number, until: number];

export function theLeases(
  policy: LeasesRecord['policy'],
  ...leases: readonly LeaseGiven[]
): LeasesRecord {
  return {
    record_key: LEASES_KEY,
    timestamp: epochSeconds(NOON),
    policy,
    leases: leases.map(([name, from, until]) => ({
      slice: accountName(name),
      from: epochSeconds(from),
      until: epochSeconds(until),
    })),
  };
}

export function aSliver({ expiry, ...changes }: SliverChanges = {}): SliverRecord {
  const name = accountName(changes.name ?? 'princeton_sirius');
  return {
    account_type: 'sliver',
    plc_instantiated: changes.plc_instantiated ?? true,
    ssh_keys: changes.ssh_keys ?? '',
    id: 12,
    rspec: { ...changes.rspec },
    initscript: '',
    image: DEFAULT_IMAGE,
    delegations: [],
    timestamp: epochSeconds(changes.timestamp ?? NOON),
    ...(expiry === undefined ? {} : { expiry: epochSeconds(expiry) }),
    name,
    record_key: keyOf(name),
  };
}

export function aDelegate(named = 'del_snoop'): DelegateRecord {
  const name = accountName(named);
  return {
    account_type: 'delegate',
    plc_instantiated: true,
    ssh_keys: '',
    timestamp: epochSeconds(NOON),
    name,
    record_key: recordKeyOf('delegate', name),
  };
}

export function aCap(cap = 1_000_000): BwcapRecord {
  return {
    cap: bitsPerSecond(cap),
    exempt_ips: [],
    timestamp: epochSeconds(NOON),
    record_key: BWCAP_KEY,
  };
}

export const localFacts = (changes: Partial<LocalFacts> = {}): LocalFacts => ({
  ...NO_LOCAL_FACTS,
  ...changes,
});

/** An update of which everything can be read. */
export const READABLE = { unreadable: [], remarks: [] } as const;

let digests = 0;

/** anUpdate is PLC's, from NOON on, with a digest that no other update has. */
export function anUpdate(changes: {
  readonly source?: Source;
  readonly timestamp?: number;
  readonly digest?: string;
  readonly boot_id?: string | undefined;
  readonly records: readonly unknown[];
  readonly unreadable?: IncomingUpdate['unreadable'];
  readonly remarks?: IncomingUpdate['remarks'];
}): IncomingUpdate {
  digests += 1;
  return {
    source: changes.source ?? 'plc',
    timestamp: epochSeconds(changes.timestamp ?? NOON),
    digest: changes.digest ?? digests.toString(16).padStart(64, '0'),
    boot_id: 'boot_id' in changes ? changes.boot_id : 'boot-1',
    records: changes.records,
    unreadable: changes.unreadable ?? [],
    remarks: changes.remarks ?? [],
  };
}

/** stateWith holds `records` of `source`, then what `rows` change. */
export function stateWith(
  records: readonly DeliveredRecord[],
  rows: readonly Row[] = [],
  source: Source = 'plc',
): NodeState {
  const puts = records.map(
    (record): Row => ({ table: 'records', key: record.record_key, value: { record, source } }),
  );
  return applyRows(EMPTY_STATE, [...puts, ...rows]);
}

/** A folder of its own for the running test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'db-service-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A clock that the test turns. */
export class FakeClock implements ClockSource {
  wall = NOON;
  monotonic = 0;
  isSynchronised = true;

  wallMs = (): number => this.wall * 1000;
  monotonicMs = (): number => this.monotonic * 1000;
  synchronised = (): boolean => this.isSynchronised;

  /** Time passes, and the clock tells it right. */
  pass(seconds: number): void {
    this.wall += seconds;
    this.monotonic += seconds;
  }
}

/** The inside of db-service on the database at `file`, without its sockets. */
export interface Service {
  readonly keeper: StateKeeper;
  readonly deliveries: Deliveries;
  readonly published: FeedChange[];
  readonly failures: FailureBoard;
  readonly loaded: ReturnType<typeof loadState>;
}

export function openService(
  file: string,
  options: { readonly clock?: FakeClock; readonly bootId?: string; readonly log?: Logger } = {},
): Service {
  const { log = SILENT, clock = new FakeClock() } = options;
  const loaded = loadState(file, log);
  const published: FeedChange[] = [];
  const failures = new FailureBoard();
  const policy = { require_sync: true, jump_seconds: 30, settle_seconds: 300 };
  const trusted = new TrustedClock(clock, policy);
  const keeper = new StateKeeper({
    ...loaded,
    terms: TERMS,
    publish: (change) => published.push(structuredClone(change)),
    now: clock.wallMs,
    eventMs: trusted.stamps(loaded.store.history.newestAt()),
    failures,
    damaged: () => {},
  });
  const deliveries = new Deliveries({
    keeper,
    clock: trusted,
    guard: GUARD,
    defaults: DEFAULT_RSPEC,
    bootId: options.bootId ?? 'boot-1',
    keepSeconds: DAY,
    failures,
    log,
  });
  return { keeper, deliveries, published, failures, loaded };
}

/** deliverFresh has a service take `records` as all that PLC says, vouched for in this boot. */
export function deliverFresh({ deliveries }: Service, records: readonly DeliveredRecord[]): void {
  const { source, timestamp, digest } = anUpdate({ records });
  const request_id = 'request-1';
  deliveries.full({ request_id, source, timestamp, digest, fresh: true, records, ...READABLE });
}

/** acceptTicket does what a ticket with a good signature does that grants `record`. */
export function acceptTicket({ keeper }: Service, record: SliverRecord, wall = NOON): void {
  const granted = {
    record,
    digest: createHash('sha256').update(JSON.stringify(record)).digest('hex'),
  };
  const when = { now: epochSeconds(wall), clockTrusted: true };
  const { rows } = decideTicket(granted, keeper.state, when);
  keeper.commit(rows, { kind: 'ticket', signer: 'f00d', caller: 'nobody' });
}

/** Makes statuses, slivers and pages for the tests; each with everything well unless told otherwise. */
import type {
  AccountItem,
  BandwidthStatus,
  ClassTraffic,
  DbStatus,
  Failure,
  FetcherStatus,
  GatewayStatus,
  SupervisorStatus,
  Traffic,
} from '@nodemgr/contracts';
import {
  accountName,
  DEFAULT_IMAGE,
  epochSeconds,
  NO_LOCAL_FACTS,
  type Rspec,
  recordKeyOf,
  revision,
  type SliverRecord,
  withDefaults,
} from '@nodemgr/records';
import type { Answer } from '../ask/answer.ts';
import type { NodeStatus } from '../ask/node-status.ts';
import { type Line, type Page, textOf } from '../render/render-line.ts';

/** 2023-11-14 22:13:20 UTC. */
export const NOW = 1_700_000_000_000;
export const MINUTE = 60_000;

/** aPage is a file: no width, no colours, in UTC, at NOW. */
export function aPage(changes: Partial<Page> = {}): Page {
  return { width: undefined, colours: false, now: NOW, ...changes };
}

/** linesOf returns rendered lines as text, one string a line. */
export function linesOf(lines: readonly Line[]): readonly string[] {
  return textOf(lines, { colours: false }).split('\n').slice(0, -1);
}

export function answered<T>(value: T): Extract<Answer<T>, { answered: true }> {
  return { answered: true, value };
}

export const AWAY: Answer<never> = {
  answered: false,
  kind: 'unavailable',
  reason: 'it is not running',
};

export function aFailure(changes: Partial<Failure> = {}): Failure {
  return {
    outcome: 'failing',
    code: 'account',
    subject: 'princeton_sirius',
    action: 'start',
    reason: 'no image',
    attempts: 3,
    since: NOW - 2 * MINUTE,
    retry_at: NOW + 30_000,
    ...changes,
  };
}

function common(name: string, pid: number, failures: Failure[] = []) {
  return { process: name, pid, version: '0.1.0', started_at: NOW - 3 * MINUTE, failures };
}

const NEWEST = revision(12);
const LIVE = { state: 'live', revision: NEWEST } as const;

export function aFetcherStatus(changes: Partial<FetcherStatus['detail']> = {}): FetcherStatus {
  return {
    ...common('plc-fetcher', 101),
    detail: {
      url: 'https://plc.example/slices.xml',
      kind: 'slices-xml',
      last_attempt: NOW - MINUTE,
      last_success: NOW - MINUTE,
      next_attempt: NOW + 5 * MINUTE,
      last_poll: { outcome: 'unchanged' },
      document: { bytes: 5000, slices: 42, ours: 7, fetched_at: NOW - 3 * MINUTE },
      ...changes,
    },
  };
}

export function aDbStatus(changes: Partial<DbStatus['detail']> = {}): DbStatus {
  return {
    ...common('db-service', 102),
    detail: {
      revision: NEWEST,
      records: { slivers: 7, delegates: 1, removed: 0 },
      sources: {},
      guard: [],
      clock: { trusted: true },
      troubles: [],
      more_troubles: 0,
      ...changes,
    },
  };
}

export function aSupervisorStatus(failures: Failure[] = []): SupervisorStatus {
  return {
    ...common('account-supervisor', 103, failures),
    detail: {
      driver: 'dry-run',
      feed: LIVE,
      accounts: { desired: 8, running: 7, stopped: 1, busy: 0 },
      converged_revision: NEWEST,
    },
  };
}

export function aBandwidthStatus(): BandwidthStatus {
  return {
    ...common('bwcap-agent', 104),
    detail: {
      driver: 'dry-run',
      feed: LIVE,
      interface: 'eth0',
      leaves: 16,
      converged_revision: NEWEST,
    },
  };
}

/** One class; `sent` undefined: nothing is counted. */
function aClass(class_id: string, ceil: number, sent: number | undefined): ClassTraffic {
  const counted = (sent_bytes: number) => ({
    sent_bytes,
    sent_packets: Math.ceil(sent_bytes / 1500),
    dropped: 0,
    backlog_bytes: 0,
  });
  const limits = { class_id, rate: 8, ceil, quantum: 70_000 };
  return sent === undefined ? limits : { ...limits, counters: counted(sent) };
}

/** A tree with one sliver, which has sent `sent` bytes of ordinary traffic by `at`. */
export function aTraffic(at: number, sent: number | undefined): Traffic {
  const zero = sent === undefined ? undefined : 0;
  const pair = (ordinary: string, exempt: string, bytes: number | undefined) => ({
    ordinary: aClass(ordinary, 20_000_000, bytes),
    exempt: aClass(exempt, 1_000_000_000, zero),
  });
  return {
    driver: sent === undefined ? 'dry-run' : 'linux',
    at,
    tree: {
      interface: 'eth0',
      link: aClass('4e4d:1', 1_000_000_000, sent),
      branches: pair('4e4d:2', '4e4d:3', sent),
      node: pair('4e4d:10', '4e4d:11', zero),
    },
    exempt_networks: 2,
    slivers: [{ name: 'princeton_sirius', ...pair('4e4d:1000', '4e4d:8000', sent) }],
  };
}

export function aGatewayStatus(): GatewayStatus {
  return {
    ...common('api-gateway', 105),
    detail: {
      feed: LIVE,
      tcp: '127.0.0.1:812',
      socket: '/run/nodemgr/api.sock',
      calls: 120,
      faults: 1,
      connections: 2,
    },
  };
}

export function aNodeStatus(changes: Partial<NodeStatus> = {}): NodeStatus {
  return {
    'plc-fetcher': answered(aFetcherStatus()),
    'db-service': answered(aDbStatus()),
    'account-supervisor': answered(aSupervisorStatus()),
    'bwcap-agent': answered(aBandwidthStatus()),
    'api-gateway': answered(aGatewayStatus()),
    ...changes,
  };
}

export interface SliverOptions {
  readonly name?: string;
  readonly record?: Partial<SliverRecord>;
  readonly local?: Partial<AccountItem['local']>;
  readonly effective?: Rspec;
}

/** aSliver is the feed's item of a sliver that PLC made; `effective` is laid on its own RSpec. */
export function aSliver(options: SliverOptions = {}): AccountItem {
  const name = accountName(options.name ?? 'princeton_sirius');
  const record: SliverRecord = {
    record_key: recordKeyOf('sliver', name),
    timestamp: epochSeconds((NOW - 3 * MINUTE) / 1000),
    expiry: epochSeconds((NOW + 20 * 24 * 60 * MINUTE) / 1000),
    account_type: 'sliver',
    name,
    plc_instantiated: true,
    ssh_keys: 'ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n',
    id: 12,
    rspec: { nm_cpu_share: 64 },
    initscript: '',
    image: DEFAULT_IMAGE,
    delegations: [],
    ...options.record,
  };
  const rspec = withDefaults(record.rspec);
  return {
    kind: 'account',
    source: 'plc',
    record,
    local: { ...NO_LOCAL_FACTS, ...options.local },
    rspec,
    effective: { ...rspec, ...options.effective },
  };
}

/** aDelegate is the feed's item of a delegate. */
export function aDelegate(text = 'del_snoop'): AccountItem {
  const name = accountName(text);
  return {
    kind: 'account',
    source: 'config',
    record: {
      record_key: recordKeyOf('delegate', name),
      timestamp: epochSeconds(NOW / 1000),
      account_type: 'delegate',
      name,
      plc_instantiated: true,
      ssh_keys: '',
    },
    local: NO_LOCAL_FACTS,
    rspec: {},
    effective: {},
  };
}

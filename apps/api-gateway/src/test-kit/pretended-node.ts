/** For tests: a node's state as the feed would show it, and writes that change it at once. */
import type { AccountItem, DayUse, FeedItem, SliverUsage, TicketResult } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import {
  type AccountName,
  accountName,
  BWCAP_KEY,
  bitsPerSecond,
  DEFAULT_IMAGE,
  type Delegation,
  epochSeconds,
  type HostUid,
  hostUid,
  type Loan,
  NO_LOCAL_FACTS,
  type RecordKey,
  type Rspec,
  recordKeyOf,
  revision,
  TIMESTAMP_KEY,
} from '@nodemgr/records';
import type { Replica } from '../api/api-method.ts';
import { type Caller, describeCaller } from '../caller/caller.ts';
import type { MachineFacts, SliverUse } from '../machine/machine-facts.ts';
import type { Change, Writes } from '../write/make-writes.ts';

interface SliverGiven {
  readonly rspec?: Rspec;
  readonly effective?: Rspec;
  readonly delegations?: readonly Delegation[];
  readonly loans?: readonly Loan[];
}

/** aSliver makes the item of a sliver; what is not given is ordinary. */
export function aSliver(name: AccountName, given: SliverGiven = {}): AccountItem {
  const rspec = given.rspec ?? { nm_cpu_share: 32, nm_net_max_rate: 10_000_000_000 };
  return {
    kind: 'account',
    source: 'plc',
    record: {
      record_key: recordKeyOf('sliver', name),
      account_type: 'sliver',
      name,
      timestamp: epochSeconds(1_700_000_000),
      plc_instantiated: true,
      ssh_keys: '',
      id: 12,
      rspec: { ...rspec },
      initscript: '',
      image: DEFAULT_IMAGE,
      delegations: (given.delegations ?? []).map(([...pair]): [string, string] => pair),
    },
    local: { ...NO_LOCAL_FACTS, loans: given.loans ?? [] },
    rspec,
    effective: given.effective ?? rspec,
  };
}

/** aDelegate makes the item of a delegate account. */
export function aDelegate(name: AccountName): AccountItem {
  return {
    kind: 'account',
    source: 'config',
    record: {
      record_key: recordKeyOf('delegate', name),
      account_type: 'delegate',
      name,
      timestamp: epochSeconds(1_700_000_000),
      plc_instantiated: true,
      ssh_keys: '',
    },
    local: NO_LOCAL_FACTS,
    rspec: {},
    effective: {},
  };
}

export const SIRIUS = accountName('princeton_sirius');
export const EISENTEST = accountName('princeton_eisentest');
export const SNOOP = accountName('del_snoop');

/** The one ticket that counts, as db-service sees it; it grants EISENTEST. */
export const GOOD_TICKET = '<ticket>€</ticket>';

const entry = (item: AccountItem): [RecordKey, FeedItem] => [item.record.record_key, item];

/** PretendedNode is a replica, writes on one map, and a machine; `failing` makes the next writes and questions fail. */
export class PretendedNode implements Replica, Writes, MachineFacts {
  readonly items = new Map<RecordKey, FeedItem>([
    entry(aSliver(SIRIUS, { delegations: [['del_snoop', 'GetRSpec']] })),
    entry(aSliver(EISENTEST)),
    entry(aDelegate(SNOOP)),
    [
      BWCAP_KEY,
      {
        kind: 'bwcap',
        source: 'config',
        record: {
          record_key: BWCAP_KEY,
          timestamp: epochSeconds(5),
          cap: bitsPerSecond(1_000_000),
          exempt_ips: [],
        },
      },
    ],
    [
      TIMESTAMP_KEY,
      {
        kind: 'timestamp',
        timestamp: epochSeconds(1_700_000_600),
        sources: { plc: { timestamp: epochSeconds(1_700_000_600), boot_id: 'boot' } },
      },
    ],
  ]);
  position: Replica['position'] = { state: 'live', revision: 1 };
  readonly heard = Promise.resolve();
  readonly delivered: { readonly ticket: string; readonly caller: string }[] = [];
  readonly made: { readonly change: Change; readonly caller: string }[] = [];
  failing: Error | undefined;
  readonly usage = new Map<AccountName, SliverUsage>();
  readonly days = new Map<AccountName, readonly DayUse[]>();

  async sliverUids(): Promise<ReadonlyMap<AccountName, HostUid>> {
    return new Map([
      [SIRIUS, hostUid(30_000)],
      [EISENTEST, hostUid(30_001)],
    ]);
  }

  async usageOf(sliver: AccountName): Promise<SliverUse> {
    if (this.failing !== undefined) throw this.failing;
    return { now: this.usage.get(sliver) ?? {}, days: this.days.get(sliver) ?? [] };
  }

  async make(change: Change, caller: Caller): Promise<void> {
    if (this.failing !== undefined) throw this.failing;
    this.made.push({ change, caller: describeCaller(caller) });
    const key = recordKeyOf('sliver', change.sliver);
    const item = this.items.get(key);
    if (change.act === 'set_loans' && item?.kind === 'account') {
      this.items.set(key, { ...item, local: { ...item.local, loans: change.loans } });
    }
  }

  async deliver(ticket: string, caller: Caller): Promise<TicketResult> {
    if (this.failing !== undefined) throw this.failing;
    this.delivered.push({ ticket, caller: describeCaller(caller) });
    if (ticket === GOOD_TICKET)
      return { revision: revision(2), sliver: EISENTEST, outcome: 'created' };
    throw new Fault('permission-denied', 'the ticket is refused: no trusted key has signed it');
  }
}

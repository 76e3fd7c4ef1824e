/** Accounts for the resources of a sliver: its own RSpec, what loans take and bring, and the result. Pure. */
import type { AccountItem, EventKind, NodeEvent, SliverView } from '@nodemgr/contracts';
import { isSliver } from '@nodemgr/records';
import type { DaemonFailure } from '../ask/node-status.ts';
import { orderedResources, raisedTimes } from '../ask/sliver-summary.ts';
import type { ComparedReading } from './compare-readings.ts';

/** One resource of a sliver: (`own` − `lent` + `borrowed`) × `times` = `effective`. */
export interface ResourceAccount {
  readonly resource: string;
  readonly own: number;
  /** The record does not say: `own` is this node's default. */
  readonly isDefault: boolean;
  readonly lent: number;
  readonly borrowed: number;
  /** By its lease; 1: as much as it has without one. */
  readonly times: number;
  readonly effective: number;
}

function sumOf(loans: SliverView['loans_out'], resource: string): number {
  return loans
    .filter(({ loan, verdict }) => verdict === 'counts' && loan[1] === resource)
    .reduce((sum, { loan }) => sum + loan[2], 0);
}

/** accountForResources returns, for each resource, where its effective amount comes from. */
export function accountForResources(
  item: AccountItem,
  { loans_out, loans_in }: Pick<SliverView, 'loans_out' | 'loans_in'>,
): readonly ResourceAccount[] {
  return orderedResources(item).map((resource) => {
    const own = item.rspec[resource] ?? 0;
    return {
      resource,
      own,
      isDefault: isSliver(item.record) && !Object.hasOwn(item.record.rspec, resource),
      lent: sumOf(loans_out, resource),
      borrowed: sumOf(loans_in, resource),
      times: raisedTimes(item, resource),
      effective: item.effective[resource] ?? own,
    };
  });
}

/** The limits that one agent has put into the kernel for a sliver, each beside what it wants there. */
export interface Enforcement {
  readonly agent: string;
  /** `dry-run`: what was read back is pretended. */
  readonly driver: string;
  readonly readings: readonly ComparedReading[];
  /** Why the agent knows nothing of the decisions behind them. */
  readonly undecided: string | undefined;
}

export interface Explanation {
  readonly name: string;
  /** Undefined when db-service is away, or has no record. */
  readonly item: AccountItem | undefined;
  readonly resources: readonly ResourceAccount[];
  readonly loans_out: SliverView['loans_out'];
  readonly loans_in: SliverView['loans_in'];
  readonly enforced: readonly Enforcement[];
  readonly failures: readonly DaemonFailure[];
  /** Events of things that went wrong lately, oldest first. */
  readonly lately: readonly NodeEvent[];
}

const TROUBLE: ReadonlySet<EventKind> = new Set([
  'failed',
  'works-again',
  'trouble',
  'trouble-over',
  'sliver-died',
  'oom-kill',
  'tasks-limit',
  'rate-cut',
  'rate-cut-over',
]);
const MAX_LATELY = 8;

/** troublesIn returns the last few events of something that goes wrong, or works again. */
export function troublesIn(events: readonly NodeEvent[]): readonly NodeEvent[] {
  return events.filter(({ what }) => TROUBLE.has(what)).slice(-MAX_LATELY);
}

/** isInOrder reports whether nothing fails and all is enforced as it ought to be. */
export function isInOrder({ enforced, failures }: Explanation): boolean {
  const readings = enforced.flatMap((each) => each.readings);
  return failures.length === 0 && readings.every(({ agreement }) => agreement === 'as wanted');
}

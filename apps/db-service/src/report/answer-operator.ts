/** Answers an operator's questions about records, loans and updates. It only reads, but for guard_allow and retry. */
import { existsSync } from 'node:fs';
import type { Handlers } from '@nodemgr/bus';
import type {
  DbStatus,
  dbOperatorContract,
  LeasesView,
  SliverView,
  Tried,
} from '@nodemgr/contracts';
import type { CommonStatus, FailureBoard, TrustedClock } from '@nodemgr/daemon';
import { Fault } from '@nodemgr/faults';
import {
  isAccount,
  isSliceName,
  isSliver,
  type JudgedLoan,
  type Lease,
  recordKeyOf,
} from '@nodemgr/records';
import type { StateKeeper } from '../commit/state-keeper.ts';
import { remarksOn, troublesOf } from '../deliver/remarks.ts';
import type { Deliveries } from '../deliver/take-deliveries.ts';
import { type Allocations, itemFor } from '../feed/items.ts';
import { leasesOf } from '../leases/decide-leases.ts';
import type { Salvage } from '../store/node-state.ts';

export interface OperatorOptions {
  readonly keeper: StateKeeper;
  readonly deliveries: Deliveries;
  readonly clock: TrustedClock;
  readonly bootId: string;
  readonly salvage: Salvage | undefined;
  readonly commonStatus: () => CommonStatus;
  readonly failures: Pick<FailureBoard, 'find'>;
  /** Actions that look again, by the subject under which each reports. None throws. */
  readonly looks: Readonly<Record<string, () => void>>;
}

function statusOf(options: OperatorOptions): DbStatus {
  const { keeper, deliveries, clock, bootId, salvage } = options;
  const { state, position } = keeper;
  const accounts = [...state.records.values()].filter(({ record }) => isAccount(record));
  const slivers = accounts.filter(({ record }) => isSliver(record)).length;
  const sources = [...state.sources].map(([source, { timestamp, boot_id }]) => [
    source,
    {
      timestamp,
      since_boot: boot_id === bootId,
      vouched_at: deliveries.vouchedAt(source) ?? timestamp,
    },
  ]);
  return {
    ...options.commonStatus(),
    detail: {
      revision: position.revision,
      records: { slivers, delegates: accounts.length - slivers, removed: state.removed.size },
      sources: Object.fromEntries(sources),
      guard: [...state.holds.values()].map(({ source, refusal, since }) => ({
        source,
        reason: refusal.reason,
        would_remove: [...refusal.would_remove],
        since: since * 1000,
      })),
      clock: clock.verdict,
      // An operator who has looked at what was set aside removes it; that ends the matter.
      ...(salvage !== undefined && existsSync(salvage.set_aside) ? { salvage } : {}),
      ...troublesOf(state),
    },
  };
}

/** A judged loan with what its lender had left of the resource; undefined where it has none of that. */
interface LoanWithRoom extends JudgedLoan {
  readonly left: number | undefined;
}

/** Returns a lender's loans in their order, with what makes each count or not. */
function loansWithRoom({ owned, judged }: Allocations, lender: string): readonly LoanWithRoom[] {
  const left: Record<string, number> = { ...owned.get(lender) };
  return (judged.get(lender) ?? []).map((loan) => {
    const [, resource, amount] = loan.loan;
    const room = left[resource];
    if (loan.verdict === 'counts') left[resource] = (room ?? 0) - amount;
    return { ...loan, left: room };
  });
}

function sliverView(keeper: StateKeeper, name: string): SliverView {
  const { state, allocations } = keeper.derived;
  const key = isSliceName(name) ? recordKeyOf('sliver', name) : undefined;
  const item = key && itemFor(key, keeper.derived);
  const remarks = key === undefined ? [] : remarksOn(state, key);
  const isAccountItem = item?.kind === 'account';
  // A source may name it, and say nothing of it that makes a record: that is worth a look, too.
  if (!isAccountItem && remarks.length === 0) {
    throw new Fault('bad-argument', `no such sliver: '${name}'`);
  }
  const loansOf = (lender: string) => loansWithRoom(allocations, lender);
  const lenders = [...allocations.judged].flatMap(([lender, judged]) =>
    judged.some(({ loan }) => loan[0] === name) ? [lender] : [],
  );
  const loansIn = lenders.flatMap((lender) =>
    loansOf(lender)
      .filter(({ loan }) => loan[0] === name)
      .map((loan) => ({ ...loan, lender })),
  );
  return {
    item: isAccountItem ? item : null,
    loans_out: [...loansOf(name)],
    loans_in: loansIn,
    remarks,
  };
}

function leasesView({ keeper, clock }: OperatorOptions): LeasesView {
  const { state, leases } = keeper.derived;
  const { policy, besideHolder } = leases.reservation;
  const { now, clockTrusted } = clock.look();
  const stateOf = ({ slice, from, until }: Lease): LeasesView['leases'][number]['state'] => {
    if (!state.records.has(recordKeyOf('sliver', slice))) return 'elsewhere';
    const held = state.locals.get(recordKeyOf('sliver', slice))?.leased_until ?? 0;
    // A clock that is not trusted says nothing of what is in force.
    const isHeld = clockTrusted ? from <= now && now < until : from < held && until <= held;
    if (isHeld) return 'in force';
    return until <= now ? 'over' : 'to come';
  };
  return {
    policy,
    beside_holder: besideHolder,
    now,
    clock_trusted: clockTrusted,
    leases: leasesOf(state).map((lease) => ({ ...lease, state: stateOf(lease) })),
  };
}

/** Looks again at once at all that fails; every look of db-service's is over when it returns. */
function retry({ failures, looks }: OperatorOptions, name: string | undefined): Tried[] {
  const subjects = Object.keys(looks).filter((subject) =>
    name === undefined ? failures.find(subject) !== undefined : subject === name,
  );
  return subjects.map((subject) => {
    looks[subject]?.();
    const failure = failures.find(subject);
    if (failure === undefined) return { subject, outcome: 'works' };
    return { subject, outcome: 'fails', reason: `${failure.action}: ${failure.reason}` };
  });
}

/** operatorHandlers answers dbOperatorContract. */
export function operatorHandlers(options: OperatorOptions): Handlers<typeof dbOperatorContract> {
  const { keeper, deliveries } = options;
  return {
    status: () => statusOf(options),
    accounts: () => {
      const { derived } = keeper;
      return [...derived.state.records].flatMap(([key, { record }]) =>
        isAccount(record) ? [{ name: record.name, item: itemFor(key, derived) }] : [],
      );
    },
    sliver: ({ name }) => sliverView(keeper, name),
    leases: () => leasesView(options),
    guard_allow: () => deliveries.allow(),
    events: (query) => keeper.events(query),
    retry: ({ name }) => ({ tried: retry(options, name) }),
  };
}

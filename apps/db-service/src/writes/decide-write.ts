/** Decides what a write of the API changes: local facts of one sliver, nothing else. Pure. */
import { Fault } from '@nodemgr/faults';
import {
  type AccountName,
  canonicalJson,
  type EpochSeconds,
  isSliver,
  type Loan,
  type LocalFacts,
  loansThatNeverCount,
  MAX_LOANS_OF_NODE,
  NO_LOCAL_FACTS,
  recordKeyOf,
  type SliverRecord,
} from '@nodemgr/records';
import type { NodeState, Row } from '../store/node-state.ts';

export type WriteRequest =
  | { readonly act: 'set_loans'; readonly loans: readonly Loan[] }
  | { readonly act: 'start' | 'stop' | 'create_sliver' | 'delete_sliver' | 'recreate' };

/** Who asks for a write, and when: a Stop is remembered with both. */
export interface WriteCall {
  readonly caller: string;
  readonly at: EpochSeconds;
}

/** The facts of a sliver that nobody has stopped. */
function unstopped({ stopped_by: _by, stopped_at: _at, ...local }: LocalFacts): LocalFacts {
  return { ...local, stopped: false };
}

/** A second Stop stops nothing: the first is the one to name. */
function stopped(local: LocalFacts, { caller, at }: WriteCall): LocalFacts {
  return local.stopped ? local : { ...local, stopped: true, stopped_by: caller, stopped_at: at };
}

/** Created where it has to be, and started: with what ReCreate asks for beside a Start. */
function recreated(local: LocalFacts, record: SliverRecord): LocalFacts {
  const starts = local.starts + 1;
  const created = local.created || !record.plc_instantiated;
  return { ...unstopped(local), created, starts, recreated: starts };
}

function afterWrite(
  write: WriteRequest,
  local: LocalFacts,
  record: SliverRecord,
  call: WriteCall,
): LocalFacts {
  switch (write.act) {
    case 'set_loans':
      return { ...local, loans: write.loans };
    case 'start':
      return { ...unstopped(local), starts: local.starts + 1 };
    case 'stop':
      return stopped(local, call);
    case 'create_sliver':
      return record.plc_instantiated ? local : { ...local, created: true };
    case 'delete_sliver':
      return record.plc_instantiated ? local : { ...local, created: false };
    case 'recreate':
      return recreated(local, record);
  }
}

/** Counted only when loans are set: a read, a start or a stop costs no count of the whole node. */
function checkRoomForLoans(state: NodeState, more: number): void {
  let held = more;
  for (const { loans } of state.locals.values()) held += loans.length;
  if (held <= MAX_LOANS_OF_NODE) return;
  throw new Fault(
    'bad-argument',
    `no room for these loans: the slivers of a node hold at most ${MAX_LOANS_OF_NODE} together`,
  );
}

/** The gateway refuses the same; one that has been taken over does not. */
function checkLoansCanCount(lender: AccountName, loans: readonly Loan[]): void {
  const refusal = loansThatNeverCount(lender, loans);
  if (refusal !== undefined) throw new Fault('bad-argument', refusal);
}

/**
 * decideWrite returns the changed row, or none; throws Fault `bad-argument` when there is no such sliver, for a
 * list with a loan that can never count, and when there is no room.
 */
export function decideWrite(
  write: WriteRequest,
  sliver: AccountName,
  state: NodeState,
  call: WriteCall,
): readonly Row[] {
  const key = recordKeyOf('sliver', sliver);
  const record = state.records.get(key)?.record;
  if (record === undefined || !isSliver(record)) {
    throw new Fault('bad-argument', `no such sliver: '${sliver}'`);
  }
  const before = state.locals.get(key) ?? NO_LOCAL_FACTS;
  if (write.act === 'set_loans') checkLoansCanCount(sliver, write.loans);
  const after = afterWrite(write, before, record, call);
  const more = after.loans.length - before.loans.length;
  if (more > 0) checkRoomForLoans(state, more);
  if (canonicalJson(after) === canonicalJson(before)) return [];
  return [{ table: 'locals', key, value: after }];
}

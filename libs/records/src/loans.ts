/**
 * Loans: which count, and what each sliver has once they do. Pure; the rules are written at
 * `judgeLoans`, and `effectiveRspecs` applies them to all slivers of a node.
 */
import { ACCOUNT_NAME_RULE, isSliceName } from './quantities.ts';
import type { Loan } from './record.ts';
import { isLoanable, LOANABLE, type Rspec } from './rspec.ts';

/** Why a loan can never count, whatever becomes of the node's slivers. No such loan can be set. */
const NEVER_COUNTS = [
  'recipient is the lender itself',
  'recipient is no name that a slice can have',
  'resource cannot be lent',
  'amount is not positive',
] as const;
type NeverCounts = (typeof NEVER_COUNTS)[number];

/**
 * Why a loan counts or does not. Those that do not count yet are kept, and count once they become valid.
 * A database may hold loans that never count, of a time when they could be set: they are ignored.
 */
export const LOAN_VERDICTS = [
  'counts',
  ...NEVER_COUNTS,
  'recipient is not a sliver on this node',
  'amount exceeds what is left',
  'recipient would hold more than can be counted',
] as const;
export type LoanVerdict = (typeof LOAN_VERDICTS)[number];

export interface JudgedLoan {
  readonly loan: Loan;
  readonly verdict: LoanVerdict;
}

/** A sliver as loans see it: its own RSpec (defaults applied, nothing borrowed) and what it lends. */
export interface Lender {
  readonly rspec: Rspec;
  readonly loans: readonly Loan[];
}

export interface LoanOutcome {
  /** RSpecs after loans, for the slivers that lend or borrow; everyone else keeps their own. */
  readonly effective: ReadonlyMap<string, Rspec>;
  /** Each lender's loans in their order, judged; the lenders in the order of their names. */
  readonly judged: ReadonlyMap<string, readonly JudgedLoan[]>;
  /**
   * Whether all slivers together own no more of any resource than can be counted: then nobody can come to hold
   * too much, and what becomes of one lender's loans does not depend on another's.
   */
  readonly independent: boolean;
}

/** The RSpecs that slivers have of their own, by name. */
export type Owned = ReadonlyMap<string, Rspec>;

interface Ledger {
  readonly owned: Owned;
  readonly effective: Map<string, Record<string, number>>;
}

function balance(ledger: Ledger, name: string, resource: string): number {
  return ledger.effective.get(name)?.[resource] ?? ledger.owned.get(name)?.[resource] ?? 0;
}

function add(ledger: Ledger, name: string, resource: string, amount: number): void {
  const changed = ledger.effective.get(name) ?? { ...ledger.owned.get(name) };
  changed[resource] = (changed[resource] ?? 0) + amount;
  ledger.effective.set(name, changed);
}

function whyNever(lender: string, [recipient, resource, amount]: Loan): NeverCounts | undefined {
  if (recipient === lender) return 'recipient is the lender itself';
  if (!isSliceName(recipient)) return 'recipient is no name that a slice can have';
  if (!isLoanable(resource)) return 'resource cannot be lent';
  return amount <= 0 ? 'amount is not positive' : undefined;
}

/** What could stand in the loan instead, for people. */
const WANTED: Partial<Readonly<Record<NeverCounts, string>>> = {
  'recipient is no name that a slice can have': ` (a name is like ${ACCOUNT_NAME_RULE})`,
  'resource cannot be lent': ` (${LOANABLE.join(', ')} can)`,
};

/**
 * loansThatNeverCount returns why a list of loans is refused that `lender` wants to set: the first that can
 * never count, by position and content, and the reason. Undefined: the list can be set.
 */
export function loansThatNeverCount(lender: string, loans: readonly Loan[]): string | undefined {
  for (const [index, loan] of loans.entries()) {
    const why = whyNever(lender, loan);
    if (why === undefined) continue;
    return `entry ${index + 1} of the loans, ${JSON.stringify(loan)}, can never count: ${why}${WANTED[why] ?? ''}; no loan was changed`;
  }
  return undefined;
}

function judge(ledger: Ledger, lender: string, left: Rspec, loan: Loan): LoanVerdict {
  const [recipient, resource, amount] = loan;
  const never = whyNever(lender, loan);
  if (never !== undefined) return never;
  if (!ledger.owned.has(recipient)) return 'recipient is not a sliver on this node';
  if (amount > (left[resource] ?? 0)) return 'amount exceeds what is left';
  if (balance(ledger, recipient, resource) + amount > Number.MAX_SAFE_INTEGER) {
    return 'recipient would hold more than can be counted';
  }
  return 'counts';
}

/**
 * judgeLoans takes one lender's loans in their order. With L the lender's own RSpec (never what it
 * borrowed), a loan counts if the recipient is a sliver on this node, not the lender itself, the
 * resource is loanable, and 0 < amount ≤ what is left of L for that resource; then it moves.
 */
function judgeLoans(ledger: Ledger, lender: string, loans: readonly Loan[]): readonly JudgedLoan[] {
  const left: Record<string, number> = { ...ledger.owned.get(lender) };
  return loans.map((loan) => {
    const verdict = judge(ledger, lender, left, loan);
    if (verdict === 'counts') {
      const [recipient, resource, amount] = loan;
      left[resource] = (left[resource] ?? 0) - amount;
      add(ledger, lender, resource, -amount);
      add(ledger, recipient, resource, amount);
    }
    return { loan, verdict };
  });
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
  a < b ? -1 : 1;

function areIndependent(owned: Owned): boolean {
  return LOANABLE.every((resource) => {
    let all = 0;
    for (const rspec of owned.values()) all += Math.max(0, rspec[resource] ?? 0);
    return all <= Number.MAX_SAFE_INTEGER;
  });
}

function outcomeOf(owned: Owned, loans: Iterable<readonly [string, readonly Loan[]]>): LoanOutcome {
  const ledger: Ledger = { owned, effective: new Map() };
  const judged = new Map<string, readonly JudgedLoan[]>();
  for (const [name, lent] of [...loans].sort(byName)) {
    judged.set(name, judgeLoans(ledger, name, lent));
  }
  return { effective: ledger.effective, judged, independent: areIndependent(owned) };
}

/**
 * effectiveRspecs applies every valid loan. Lenders are taken in the order of their names, so the
 * outcome does not depend on the order of `slivers`. For every loanable resource the sum over all
 * slivers stays what it was.
 */
export function effectiveRspecs(slivers: ReadonlyMap<string, Lender>): LoanOutcome {
  const owned = new Map<string, Rspec>();
  const lending: [string, readonly Loan[]][] = [];
  for (const [name, { rspec, loans }] of slivers) {
    owned.set(name, rspec);
    if (loans.length > 0) lending.push([name, loans]);
  }
  return outcomeOf(owned, lending);
}

/** Puts the RSpecs of some slivers together anew: what each owns, and what loans that count make of it. */
function apply(ledger: Ledger, judged: LoanOutcome['judged'], touched: ReadonlySet<string>): void {
  for (const name of touched) ledger.effective.delete(name);
  for (const [lender, loans] of judged) {
    for (const { loan, verdict } of loans) {
      if (verdict !== 'counts') continue;
      const [recipient, resource, amount] = loan;
      if (touched.has(lender)) add(ledger, lender, resource, -amount);
      if (touched.has(recipient)) add(ledger, recipient, resource, amount);
    }
  }
}

/**
 * withLoansOf returns what effectiveRspecs does, where since `before` nothing has changed but the loans of some
 * slivers: those alone are judged, and they and their partners alone have other RSpecs. `loans` has the new ones by
 * lender, of slivers that there are.
 */
export function withLoansOf(
  loans: ReadonlyMap<string, readonly Loan[]>,
  before: LoanOutcome,
  owned: Owned,
): LoanOutcome {
  const judged = new Map(before.judged);
  const touched = new Set<string>();
  for (const [name, lent] of loans) {
    const is = judgeLoans({ owned, effective: new Map() }, name, lent);
    if (is.length === 0) judged.delete(name);
    else judged.set(name, is);
    touched.add(name);
    for (const { loan } of [...(before.judged.get(name) ?? []), ...is]) touched.add(loan[0]);
  }
  if (!before.independent) {
    const all = [...judged].map(([name, of]) => [name, of.map(({ loan }) => loan)] as const);
    return outcomeOf(owned, all);
  }
  const isInOrder = [...loans.keys()].every((name) => before.judged.has(name));
  const ordered = isInOrder ? judged : new Map([...judged].sort(byName));
  const effective = new Map(before.effective) as Ledger['effective'];
  apply({ owned, effective }, ordered, touched);
  return { effective, judged: ordered, independent: true };
}

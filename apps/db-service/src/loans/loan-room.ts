/** Says how much a lender had left when it was each loan's turn: what makes a loan count or not. Pure. */
import type { JudgedLoan } from '@nodemgr/records';
import type { Allocations } from '../feed/items.ts';

/** A judged loan with what its lender had left of the resource; undefined where it has none of that. */
export interface LoanWithRoom extends JudgedLoan {
  readonly left: number | undefined;
}

/** loansWithRoom returns a lender's loans in their order. */
export function loansWithRoom(
  { lenders, judged }: Allocations,
  lender: string,
): readonly LoanWithRoom[] {
  const left: Record<string, number> = { ...lenders.get(lender)?.rspec };
  return (judged.get(lender) ?? []).map((loan) => {
    const [, resource, amount] = loan.loan;
    const room = left[resource];
    if (loan.verdict === 'counts') left[resource] = (room ?? 0) - amount;
    return { ...loan, left: room };
  });
}

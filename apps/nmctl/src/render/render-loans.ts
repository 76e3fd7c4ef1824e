/** Renders a sliver's loans, each with whether it counts, and if not why. Pure. */
import type { SliverView } from '@nodemgr/contracts';
import { type Line, type Page, type Span, span } from './render-line.ts';
import { renderTable } from './render-table.ts';

type JudgedLoan = SliverView['loans_out'][number];

/** A loan with the other side of it: the recipient of one out, the lender of one in. */
export interface LoanWith extends JudgedLoan {
  readonly who: string;
}

function verdictText({ verdict, left }: JudgedLoan): string {
  if (verdict !== 'amount exceeds what is left' || left === undefined) return verdict;
  return left <= 0 ? 'the lender has nothing left' : `the lender has only ${left} left`;
}

function verdictSpan(loan: JudgedLoan): Span {
  return loan.verdict === 'counts'
    ? span(loan.verdict, 'good')
    : span(`ignored: ${verdictText(loan)}`, 'warn');
}

/** renderLoans returns a table whose first column, `who`, is the other side. */
export function renderLoans(
  who: string,
  loans: readonly LoanWith[],
  page: Page,
  indent = '',
): readonly Line[] {
  const columns = [
    { title: who },
    { title: 'RESOURCE' },
    { title: 'AMOUNT', align: 'right' },
    { title: 'VERDICT' },
  ] as const;
  const rows = loans.map((loan) => [
    loan.who,
    loan.loan[1],
    String(loan.loan[2]),
    verdictSpan(loan),
  ]);
  return renderTable(columns, rows, page, indent);
}

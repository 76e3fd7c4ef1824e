/** Lays what the kernel enforces beside what it ought to, and makes text of the amounts. Pure. */
import type { LimitDecision, Reading, Readings, Used } from '@nodemgr/contracts';

/** How a reading stands to what is wanted. */
export type Agreement =
  | 'as wanted'
  | 'differs'
  /** It ought to be in force, and nothing of it was read. */
  | 'missing'
  /** It is in force, and nothing asks for it. */
  | 'unasked';

export interface ComparedReading {
  readonly resource: string;
  readonly from: string;
  readonly wanted: string | undefined;
  readonly enforced: string | undefined;
  readonly used: string | undefined;
  readonly how: string | undefined;
  readonly agreement: Agreement;
  /** The decision since which what is enforced is so; undefined: the agent does not know it. */
  readonly since: LimitDecision | undefined;
}

/** The kernel rounds memory to pages. */
const PAGE_KIB = 4;

/** The kernel's name for an amount that stands for no limit. */
const NO_LIMIT = 'max';

type Quantity = Pick<Reading, 'amount' | 'unit'>;

function quantityText({ amount, unit }: Quantity): string {
  if (amount === null) return NO_LIMIT;
  if (unit === 'weight' || unit === 'tasks') return `${amount}`;
  return unit === 's' ? `${amount.toFixed(1)} s` : `${amount} ${unit}`;
}

function usedText(used: readonly Used[]): string {
  return used
    .map(({ amount, unit, of }) =>
      of === undefined ? quantityText({ amount, unit }) : `${amount} of ${of} ${unit}`,
    )
    .join(', ');
}

function isSame(wanted: Quantity, enforced: Quantity): boolean {
  if (wanted.amount === enforced.amount) return true;
  if (wanted.unit !== 'KiB' || wanted.amount === null || enforced.amount === null) return false;
  return Math.abs(wanted.amount - enforced.amount) < PAGE_KIB;
}

function agreementOf(wanted: Quantity | undefined, enforced: Quantity | undefined): Agreement {
  if (enforced === undefined) return 'missing';
  if (wanted === undefined) return 'unasked';
  return isSame(wanted, enforced) ? 'as wanted' : 'differs';
}

/** compareReadings returns a row for each thing that is wanted or read, in the order of the wanted ones. */
export function compareReadings({ wanted, readings }: Readings): readonly ComparedReading[] {
  const keyOf = ({ resource, from }: { resource: string; from: string }) => `${resource} ${from}`;
  const asked = new Map(wanted.map((one) => [keyOf(one), one]));
  const read = new Map(readings.map((one) => [keyOf(one), one]));
  return [...new Set([...asked.keys(), ...read.keys()])].flatMap((key) => {
    const [want, have] = [asked.get(key), read.get(key)];
    const either = want ?? have;
    if (either === undefined) return [];
    const { resource, from } = either;
    return {
      resource,
      from,
      wanted: want && quantityText(want),
      enforced: have && quantityText(have),
      used: have?.used && usedText(have.used),
      how: want?.how,
      agreement: agreementOf(want, have),
      since: have?.since,
    };
  });
}

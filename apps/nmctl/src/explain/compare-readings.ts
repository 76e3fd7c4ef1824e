/** Lays what the kernel enforces beside what it ought to. Pure. */
import type { Readings } from '@nodemgr/contracts';

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
}

const SIZE = /^(\d+(?:\.\d+)?) KiB$/;
/** The kernel rounds memory to pages. */
const PAGE_KIB = 4;

function sameValue(wanted: string, enforced: string): boolean {
  if (wanted === enforced) return true;
  const [a, b] = [SIZE.exec(wanted)?.[1], SIZE.exec(enforced)?.[1]];
  return a !== undefined && b !== undefined && Math.abs(Number(a) - Number(b)) < PAGE_KIB;
}

function agreementOf(wanted: string | undefined, enforced: string | undefined): Agreement {
  if (enforced === undefined) return 'missing';
  if (wanted === undefined) return 'unasked';
  return sameValue(wanted, enforced) ? 'as wanted' : 'differs';
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
      wanted: want?.value,
      enforced: have?.value,
      used: have?.used,
      how: want?.how,
      agreement: agreementOf(want?.value, have?.value),
    };
  });
}

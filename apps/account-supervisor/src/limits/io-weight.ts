/**
 * nm_io_weight, as io.bfq.weight of the sliver's control group: its share of the disk while several want it.
 * Without that scheduler a weight would be a number in a file (read-node-facts.ts).
 */
import { amountOf, type Rspec } from '@nodemgr/records';
import { type UnitLimit, wholeNumber } from './limit.ts';

/** Of io.bfq.weight (bfq-iosched.rst). */
const [LEAST, MOST] = [1, 1000];
/** What a control group weighs for which nobody has said. */
const UNSAID = 100;
/** systemd has weights up to 10000, and spreads those above the default over the tenth that BFQ has of them. */
const STEP = 11;
const toProperty = (weight: number): number =>
  weight <= UNSAID ? weight : UNSAID + (weight - UNSAID) * STEP;

const claimOf = (effective: Rspec): number =>
  Math.min(MOST, Math.max(LEAST, amountOf(effective, 'nm_io_weight')));

export const IO_WEIGHT = {
  resources: ['nm_io_weight'],
  from: 'io.bfq.weight',
  unit: 'weight',
  zero: 'nothing',
  unset: UNSAID,
  label: 'disk weight',
  detail: 'io_weight',
  divide: (claims, { lacks }) => {
    const weights = [...claims].map(([name, rspec]) => [name, claimOf(rspec)] as const);
    const lack = lacks['disk weights'];
    if (lack === undefined) return { amounts: new Map(weights), shortfall: undefined };
    const isAsked = weights.some(([, weight]) => weight !== UNSAID);
    return {
      amounts: new Map(weights.map(([name]) => [name, UNSAID])),
      shortfall: isAsked ? `all slivers have the same share of the disk: ${lack}` : undefined,
    };
  },
  how: (effective, weight, { amounts, shortfall }) => {
    const asked = amountOf(effective, 'nm_io_weight');
    if (shortfall !== undefined) return `${asked} is asked for, but ${shortfall}`;
    let total = 0;
    for (const each of amounts.values()) total += each;
    const part = Number(((weight / total) * 100).toFixed(1));
    const bound = asked === weight ? '' : `${asked} is beyond ${LEAST} to ${MOST}; `;
    return `${bound}${part}% of the ${total} that all running slivers weigh, while all of them want the disk`;
  },
  failure: { code: 'disk-weights', subject: 'disk weights', action: 'weigh' },
  told: { what: 'share-changed', why: 'by its own, and by what the disk can do' },
  writtenBy: 'unit',
  property: 'IOWeight',
  write: (weight) => String(toProperty(weight)),
  // `[not set]` where nobody has.
  // A line for each device with a weight of its own, and `default 100` (bfq-iosched.rst).
  read: (text) => wholeNumber(/^default (\d+)$/m.exec(text)?.[1] ?? '') ?? UNSAID,
} as const satisfies UnitLimit;

/**
 * nm_cpu_cores, as cpuset.cpus of the slivers' control groups: processors that one sliver has for itself.
 * All others keep to the rest, of which there is always one. An amount is a range of processors, as one
 * number; 0 is no bound.
 */
import { type AccountName, amountOf, type Rspec } from '@nodemgr/records';
import type { Division, NodeFacts, UnitLimit } from './limit.ts';

/** More processors than a machine has; a power of two. */
const SCALE = 2 ** 16;
/** Another set than we give anybody: it is none that is wanted. */
const STRANGE = SCALE - 1;

const rangeOf = (first: number, count: number): number => first * SCALE + count;
const firstIn = (range: number): number => Math.floor(range / SCALE);
const countIn = (range: number): number => range % SCALE;

/** Processors for all begin at 0, those for one sliver never do. */
const ownIn = (range: number): number => (firstIn(range) === 0 ? 0 : countIn(range));

const claimOf = (effective: Rspec): number => Math.max(0, amountOf(effective, 'nm_cpu_cores'));

function rangeText(range: number): string {
  if (range === 0) return '';
  const first = firstIn(range);
  const last = first + countIn(range) - 1;
  return first === last ? `${first}` : `${first}-${last}`;
}

const allOf = ({ cpus }: NodeFacts): number => rangeOf(0, cpus);

/** `2` or `2-3`, or nothing; what else there may be (cpuset(7), list format) is nothing of ours. */
function readRange(text: string, node: NodeFacts): number {
  if (text === '') return 0;
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (first === undefined) return STRANGE;
  const range = rangeOf(Number(first), Number(last) - Number(first) + 1);
  return range === allOf(node) ? 0 : range;
}

/** Whole cores in proportion; what is left over goes to the first by name. */
function coresFor(
  asked: readonly (readonly [AccountName, number])[],
  most: number,
): readonly (readonly [AccountName, number])[] {
  const sum = asked.reduce((all, [, claim]) => all + claim, 0);
  if (sum <= most) return asked;
  const cut = asked.map(([name, claim]) => [name, Math.floor((claim * most) / sum)] as const);
  let left = most - cut.reduce((all, [, cores]) => all + cores, 0);
  return cut.map(([name, cores]) => {
    if (left === 0) return [name, cores];
    left -= 1;
    return [name, cores + 1];
  });
}

function divide(claims: ReadonlyMap<AccountName, Rspec>, { cpus, lacks }: NodeFacts): Division {
  const asked = [...claims]
    .map(([name, rspec]) => [name, claimOf(rspec)] as const)
    .filter(([, claim]) => claim > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const sum = asked.reduce((all, [, claim]) => all + claim, 0);
  const lack = lacks['processor sets'];
  const most = lack === undefined ? cpus - 1 : 0;
  let next = cpus;
  const own = new Map(
    coresFor(asked, most)
      .filter(([, cores]) => cores > 0)
      .map(([name, cores]) => {
        next -= cores;
        return [name, rangeOf(next, cores)] as const;
      }),
  );
  const rest = own.size === 0 ? 0 : rangeOf(0, next);
  const short = `slivers ask for ${sum} cores of their own, ${most} of ${cpus} can be given`;
  return {
    amounts: new Map([...claims.keys()].map((name) => [name, own.get(name) ?? rest])),
    shortfall: sum <= most ? undefined : `${short}: ${lack ?? 'one stays for everybody'}`,
  };
}

export const CPU_CORES = {
  resources: ['nm_cpu_cores'],
  from: 'cpuset.cpus',
  unit: 'cores',
  zero: 'nothing',
  unset: 0,
  label: 'processors',
  detail: 'cpu_cores',
  tells: ownIn,
  text: (range) => rangeText(range) || 'all',
  divide,
  how: (effective, range, { shortfall }) => {
    const where = range === 0 ? undefined : `runs on processors ${rangeText(range)}`;
    if (ownIn(range) === claimOf(effective)) return where;
    return [where, shortfall].filter((text) => text !== undefined).join('; ');
  },
  failure: { code: 'cpu-cores', subject: 'CPU cores', action: 'give' },
  told: { what: 'share-changed', why: 'by what cores all slivers ask for' },
  writtenBy: 'unit',
  property: 'AllowedCPUs',
  // Every processor where there is no bound, and nothing empty: a control group with processes that has had a set
  // is not let go back to none (ENOSPC).
  write: (range, node) => rangeText(range === 0 ? allOf(node) : range),
  read: readRange,
} as const satisfies UnitLimit;

/**
 * The table of limits: all that this agent enforces of a sliver's resources. One that RESOURCES gives to
 * this agent and no limit enforces does not compile. Pure.
 */
import type { Reading } from '@nodemgr/contracts';
import type { ResourceOf, Rspec } from '@nodemgr/records';
import { CPU_CORES } from './cpu-cores.ts';
import { CPU_MAX } from './cpu-max.ts';
import { CPU_WEIGHT } from './cpu-weight.ts';
import { DISK_QUOTA } from './disk-quota.ts';
import { ENABLED } from './enabled.ts';
import { IO_READ_MAX, IO_WRITE_MAX } from './io-max.ts';
import { IO_WEIGHT } from './io-weight.ts';
import type { Limit, OwnLimit, QuotaLimit, SharedLimit, UnitLimit } from './limit.ts';
import { MEMORY_MAX } from './memory-max.ts';
import { MEMORY_MIN } from './memory-min.ts';
import { TASKS_MAX } from './tasks-max.ts';

type Table = Readonly<Record<string, Limit>>;
type Asked = ResourceOf<'account-supervisor'>;
type Enforced<T extends Table> = T[keyof T]['resources'][number];
/** Nothing where each of this agent's resources is enforced, and no other; else what a table would have to have. */
type Law<T extends Table> = [Exclude<Asked, Enforced<T>>, Exclude<Enforced<T>, Asked>] extends [
  never,
  never,
]
  ? unknown
  : {
      readonly 'no limit enforces': Exclude<Asked, Enforced<T>>;
      readonly 'not of this agent': Exclude<Enforced<T>, Asked>;
    };

/** limitsTable returns `table`; what lacks one of this agent's resources, or has another's, does not compile. */
export const limitsTable = <const T extends Table>(table: T & Law<T>): T => table;

/** The order is that in which people see them. */
export const LIMITS = limitsTable({
  enabled: ENABLED,
  diskQuota: DISK_QUOTA,
  cpuWeight: CPU_WEIGHT,
  cpuMax: CPU_MAX,
  cpuCores: CPU_CORES,
  memoryMax: MEMORY_MAX,
  memoryMin: MEMORY_MIN,
  tasksMax: TASKS_MAX,
  ioWeight: IO_WEIGHT,
  ioReadMax: IO_READ_MAX,
  ioWriteMax: IO_WRITE_MAX,
});

type NamesOf<Kind> = {
  [Name in keyof typeof LIMITS]: (typeof LIMITS)[Name] extends Kind ? Name : never;
}[keyof typeof LIMITS];

/** A limit that is an amount. */
export type LimitName = NamesOf<AmountLimit>;

type AmountLimit = UnitLimit | QuotaLimit;

/** Amounts of limits, in the unit of each; 0 is no limit where there is such a thing. Absent: nobody has set it. */
export type Limits = { readonly [Name in LimitName]?: number };

/** The amounts that follow from a sliver's own effective RSpec. */
export type OwnLimits = Required<Pick<Limits, NamesOf<{ readonly wanted: unknown }> & LimitName>>;

type Entries<Kind> = readonly (readonly [LimitName, Kind])[];

const ALL = Object.entries(LIMITS) as unknown as Entries<Limit>;

/** The limits that are amounts. */
export const AMOUNTS = ALL.filter(
  ([, limit]) => limit.writtenBy !== 'steps',
) as Entries<AmountLimit>;
/** Those that are written as properties of the sliver's unit, with one command. */
export const UNIT_LIMITS = ALL.filter(
  ([, limit]) => limit.writtenBy === 'unit',
) as Entries<UnitLimit>;
/** Those that a sliver has whether its unit runs or not. */
export const QUOTA_LIMITS = ALL.filter(
  ([, limit]) => limit.writtenBy === 'quota',
) as Entries<QuotaLimit>;
const OWN_LIMITS = ALL.filter(([, limit]) => 'wanted' in limit) as Entries<OwnLimit>;
/** Those of which the slices above the slivers need the sum. */
export const SUMMED_LIMITS = UNIT_LIMITS.filter(([, { summed }]) => summed === true);
export const SHARED_LIMITS = ALL.filter(([, limit]) => 'divide' in limit) as Entries<SharedLimit>;

/** ownLimits returns the amounts that follow from a sliver's own effective RSpec. */
export function ownLimits(effective: Rspec): OwnLimits {
  const amounts = OWN_LIMITS.map(([name, limit]) => [name, limit.wanted(effective)]);
  return Object.fromEntries(amounts) as OwnLimits;
}

/** ofUnit returns those of `limits` that are properties of the unit. */
export function ofUnit(limits: Limits): Limits {
  return unlike({}, limits);
}

/** unitless returns those of `limits` that a sliver has whether its unit runs or not. */
export function unitless(limits: Limits): Limits {
  return Object.fromEntries(
    QUOTA_LIMITS.flatMap(([name]) => (limits[name] === undefined ? [] : [[name, limits[name]]])),
  );
}

/** isUnset reports whether no property of the unit is known. */
export function isUnset(have: Limits): boolean {
  return UNIT_LIMITS.every(([name]) => have[name] === undefined);
}

/** allSet returns amounts of all properties of a unit, as they were read; undefined: not all are set. */
export function allSet(
  amounts: readonly (readonly [LimitName, number | undefined])[],
): Limits | undefined {
  return amounts.some(([, amount]) => amount === undefined)
    ? undefined
    : Object.fromEntries(amounts);
}

/** unlike returns those of the `wanted` properties of a unit that it does not `have`. */
export function unlike(have: Limits, wanted: Limits): Limits {
  const changes = UNIT_LIMITS.flatMap(([name, { unset }]) => {
    const amount = wanted[name];
    return amount === undefined || amount === (have[name] ?? unset)
      ? []
      : [[name, amount] as const];
  });
  return Object.fromEntries(changes);
}

/** readingOf tells an amount of a limit as a reading of the resource that comes first in it. */
export function readingOf(name: LimitName, amount: number): Reading {
  const { from, unit, zero, tells }: AmountLimit = LIMITS[name];
  const told = amount <= 0 && zero === 'no limit' ? null : (tells?.(amount) ?? amount);
  return { resource: LIMITS[name].resources[0], from, amount: told, unit };
}

/** changeText tells a change of a limit: 'memory limit none → 20000 KiB'. The unit stands behind the last amount. */
export function changeText(name: LimitName, was: number, now: number): string {
  const { label, unit, zero, text: own }: AmountLimit = LIMITS[name];
  if (own !== undefined) return `${label} ${own(was)} → ${own(now)}`;
  const isNumber = (amount: number) => amount > 0 || zero === 'nothing';
  const text = (amount: number) => (isNumber(amount) ? `${amount}` : 'none');
  const suffix = unit === 'weight' || unit === 'tasks' ? '' : ` ${unit}`;
  const [first, last] = isNumber(now) ? ['', suffix] : [suffix, ''];
  return `${label} ${text(was)}${first} → ${text(now)}${last}`;
}

/** unsetOf returns the amount of a limit that nobody has set; undefined: somebody has to. */
export function unsetOf(limit: AmountLimit): number | undefined {
  return limit.writtenBy === 'unit' ? limit.unset : undefined;
}

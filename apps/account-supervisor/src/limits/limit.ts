/**
 * What a limit is: a value that says which resources it enforces, how much is wanted, how that is written,
 * and how it is read back. Comparing, rendering, reading back and telling are maps over the table of them
 * (table.ts). Types, and what several limits share. Pure.
 */
import type { EventKind, FailureCode, ReadingUnit } from '@nodemgr/contracts';
import { type AccountName, amountOf, type ResourceName, type Rspec } from '@nodemgr/records';

/** What a limit has to know of the node. */
export interface NodeFacts {
  /** Its processors, which are numbered from 0. */
  readonly cpus: number;
  /** Its memory (KiB). */
  readonly memory: number;
  /** A folder on the device that holds the slivers' files. */
  readonly stateDir: string;
  /** What one sliver may write to the disk of the slivers' files at the most, a second; undefined: nobody knows what that disk takes, or may be bounded. */
  readonly disk: { readonly bytes: number; readonly writes: number } | undefined;
  /** What this node cannot do, and why: a limit that needs it is not to be had. */
  readonly lacks: Readonly<Partial<Record<'processor sets' | 'disk weights', string>>>;
}

/** What operators are shown of a limit. */
interface Shown {
  /** Where it is read: `cpu.weight`, `project quota`, … */
  readonly from: string;
  readonly unit: ReadingUnit;
  /** What an amount of 0 stands for. */
  readonly zero: 'no limit' | 'nothing';
  /** Its name in the history: `memory limit 20000 KiB → none`. */
  readonly label: string;
  /** Its key among the details of an observed account. */
  readonly detail: string;
  /** The amount for people, where the one that is compared says more. */
  readonly tells?: (amount: number) => number;
  /** The amount in the history, where it is no number. */
  readonly text?: (amount: number) => string;
}

/** An amount that follows from the sliver's own effective RSpec. */
interface Own {
  readonly wanted: (effective: Rspec) => number;
  /** How the amount follows from the RSpec, where that is not plain. */
  readonly how: (effective: Rspec, amount: number) => string | undefined;
}

/** What all slivers that run are given of something that they share. */
export interface Division {
  readonly amounts: ReadonlyMap<AccountName, number>;
  /** Why not everyone gets what is claimed; undefined: everyone does. */
  readonly shortfall: string | undefined;
}

/** An amount that follows from what all slivers that run claim. */
interface Shared {
  /** `claims` are effective RSpecs. */
  readonly divide: (claims: ReadonlyMap<AccountName, Rspec>, node: NodeFacts) => Division;
  readonly how: (effective: Rspec, amount: number, division: Division) => string | undefined;
  /** What a shortfall is reported as. */
  readonly failure: {
    readonly code: FailureCode;
    readonly subject: string;
    readonly action: string;
  };
  /** How a change is told in the history: it need not be of the sliver's own RSpec. */
  readonly told: { readonly what: EventKind; readonly why: string };
}

/** One count of a control group, in the file that has it. */
interface Counted {
  readonly file: string;
  readonly unit: ReadingUnit;
  readonly read: (text: string) => number | undefined;
}

/** A property of the sliver's unit (systemd.resource-control(5)), which systemd writes to its control group. */
interface UnitWritten {
  readonly writtenBy: 'unit';
  readonly property: string;
  /** The value of the property. */
  readonly write: (amount: number, node: NodeFacts) => string;
  /** Properties that are set with it, for they are the same for all slivers: `NAME=VALUE`. */
  readonly along?: (node: NodeFacts) => readonly string[];
  /** The amount in the file `from` of the control group. */
  readonly read: (text: string, node: NodeFacts) => number;
  /** The amount of a unit for which nobody has set the property, and of a control group without the file. Absent: it is always set. */
  readonly unset?: number;
  /** The slices above the sliver's unit need the sum of all amounts, or it is not in force. */
  readonly summed?: true;
  readonly used?: Counted;
}

/** A quota of the project that the sliver's files are counted under. */
interface QuotaWritten {
  readonly writtenBy: 'quota';
}

export type UnitLimit = Enforces & Shown & UnitWritten & (Own | Shared);
export type QuotaLimit = Enforces & Shown & QuotaWritten & Own;
/** The sliver runs and lets logins in, or not: steps of the plan, and no amount in any file. */
export type StepLimit = Enforces & { readonly writtenBy: 'steps' };

interface Enforces {
  readonly resources: readonly ResourceName[];
}

export type Limit = UnitLimit | QuotaLimit | StepLimit;
export type OwnLimit = Extract<Limit, Own> | (UnitLimit & Own);
export type SharedLimit = UnitLimit & Shared;

/** With less of the disk a sliver does not start within the time that its unit has. Bytes a second. */
export const LEAST_DISK_BYTES = 65_536;

/** An amount that nobody wants: what was read is to be set again, whatever it says. */
export const DISCORD = -1;

/** The kernel holds memory by pages. */
export const PAGE_KIB = 4;

/** In cgroup-v2.rst, the value of a limit that is not there. */
const MAX = 'max';
/** systemd's word for a limit that is not there. */
const INFINITY = 'infinity';

/** wholeNumber returns the number that `text` is; undefined where it is none. */
export function wholeNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number.parseInt(text, 10) : undefined;
}

/** inGroup returns the reader of a control group's file that holds one number, `perUnit` of which are one of the limit's unit. */
export const inGroup = (perUnit: number) => (text: string) =>
  text === MAX ? 0 : Number(text) / perUnit;

/** orInfinity returns the value of a property that is no limit where `amount` is 0. */
export const orInfinity = (amount: number, suffix = ''): string =>
  amount === 0 ? INFINITY : `${amount}${suffix}`;

/** howCeiled returns a limit's `how` where an amount of 0 or less asks for no ceiling at all. */
export const howCeiled =
  (resource: ResourceName) =>
  (effective: Rspec, amount: number): string | undefined => {
    const asked = amountOf(effective, resource);
    return asked <= 0 || asked === amount ? undefined : howLimited(asked, amount);
  };

/** howLimited tells how the limit enforced follows from the one asked for, where that is not plain. */
export function howLimited(asked: number, enforced: number): string {
  return enforced === 0 || asked > enforced
    ? `${asked} is more than a machine can have`
    : `raised from ${asked}, under which no sliver could start`;
}

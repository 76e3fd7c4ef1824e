/**
 * Judges the file system that holds the slivers: whether they fill it, whether their quotas could, and
 * whether the node's own processes would be short of room then. Pure.
 */
import type { FailureCode } from '@nodemgr/contracts';
import type { AccountName } from '@nodemgr/records';

/** What there is of the file system. */
export interface DiskFacts {
  /** A folder on it. */
  readonly folder: string;
  /** What is used of it, by whomever (KiB). */
  readonly used: number;
  /** What slivers can still have of it: what is kept back for the node is not in it (KiB). */
  readonly available: number;
  /** Why nothing is kept back that slivers cannot have; undefined: something is, or it need not be. */
  readonly noReserve: string | undefined;
}

/** A sliver's files on it. */
export interface SliverOnDisk {
  readonly name: AccountName;
  /** Whether they are a removed sliver's. */
  readonly kept: boolean;
  /** KiB. */
  readonly used: number;
}

/** The disk quotas of all slivers. */
export interface Quotas {
  readonly count: number;
  /** KiB. */
  readonly sum: number;
  /** How many times the room for slivers the sum may be. */
  readonly overcommit: number;
}

/** One thing that may be wrong with the file system. */
export interface DiskTrouble {
  readonly failure: {
    readonly code: FailureCode;
    readonly subject: string;
    readonly action: string;
  };
  /** undefined: it is not so. */
  readonly reason: string | undefined;
}

/** `full`: no new sliver is made. */
export type Room = 'enough' | 'short' | 'full';

/** Hundredths of the file system. */
const SHORT = 90;
const FULL = 98;
const SHOWN = 3;
const KIB_A_MIB = 1024;

const roomOf = ({ used, available }: DiskFacts): number => used + available;
const percentOf = (facts: DiskFacts): number =>
  roomOf(facts) === 0 ? 100 : Math.floor((facts.used * 100) / roomOf(facts));

/** judgeRoom returns how full the file system is for slivers, as df(1) counts. */
export function judgeRoom(facts: DiskFacts): Room {
  const percent = percentOf(facts);
  if (percent >= FULL) return 'full';
  return percent >= SHORT ? 'short' : 'enough';
}

const howFull = (facts: DiskFacts): string =>
  `${percentOf(facts)}% of the room for slivers in the file system of ${facts.folder} is used`;

/** whyNoRoom returns why no sliver can be made now; undefined: one can. */
export function whyNoRoom(facts: DiskFacts): string | undefined {
  return judgeRoom(facts) === 'full'
    ? `${howFull(facts)}: no new sliver is made from ${FULL}% on`
    : undefined;
}

function largestText(slivers: readonly SliverOnDisk[]): string {
  const largest = [...slivers].sort((a, b) => b.used - a.used).slice(0, SHOWN);
  const texts = largest.map(
    ({ name, kept, used }) =>
      `${name}${kept ? ' (removed, its files are kept)' : ''} ${Math.ceil(used / KIB_A_MIB)} MiB`,
  );
  return texts.length === 0 ? 'no sliver has any of it' : `the largest are ${texts.join(', ')}`;
}

/** spaceTrouble returns what is to be said of the room; `slivers` are asked for only where it is short. */
export function spaceTrouble(
  facts: DiskFacts,
  slivers: () => readonly SliverOnDisk[] | string,
): DiskTrouble {
  const failure = { code: 'disk-space', subject: 'disk space', action: 'last' } as const;
  if (judgeRoom(facts) === 'enough') return { failure, reason: undefined };
  const found = slivers();
  const who = typeof found === 'string' ? found : largestText(found);
  return { failure, reason: `${whyNoRoom(facts) ?? howFull(facts)}; ${who}` };
}

/** quotasTrouble returns what is to be said of quotas that could not all be used. */
export function quotasTrouble(facts: DiskFacts, { count, sum, overcommit }: Quotas): DiskTrouble {
  const failure = { code: 'disk-quotas', subject: 'disk quotas', action: 'promise' } as const;
  const room = roomOf(facts);
  const text = `the quotas of ${count} slivers add up to ${sum} KiB, ${sum - room} KiB more than the ${room} KiB that slivers can have of the file system of ${facts.folder} (accounts.disk_overcommit is ${overcommit})`;
  return { failure, reason: sum > room * overcommit ? text : undefined };
}

/** reserveTrouble returns what is to be said of what is kept back for the node. */
export function reserveTrouble({ noReserve }: DiskFacts): DiskTrouble {
  const failure = { code: 'disk-reserve', subject: 'disk reserve', action: 'keep' } as const;
  return { failure, reason: noReserve };
}

/**
 * One HTB class. Its parameters are a table: the unit of each, how tc(8) writes it, how the kernel reports
 * it, and when two amounts are the same. Pure. Sources: tc-htb(8); net/sched/sch_htb.c.
 */
import type { ReadingUnit } from '@nodemgr/contracts';
import type { HtbClassReading } from '@nodemgr/native';
import { type BitsPerSecond, bitsPerSecond } from '@nodemgr/records';

declare const bytesUnit: unique symbol;
export type Bytes = number & { readonly [bytesUnit]: 'Bytes' };
export const bytes = (value: number): Bytes => value as Bytes;

export interface HtbClass {
  /** Guaranteed. */
  readonly rate: BitsPerSecond;
  /** The most that it sends, with what others leave over. */
  readonly ceil: BitsPerSecond;
  /** The most that is sent at once at `rate`, and at `ceil`. */
  readonly burst: Bytes;
  readonly cburst: Bytes;
  /** Sent in each turn when spare bandwidth is shared. */
  readonly quantum: Bytes;
}

interface Parameter<Amount extends number> {
  readonly unit: ReadingUnit;
  /** tc's suffix for the unit: with it tc rounds nothing. */
  readonly suffix: string;
  readonly read: (reading: HtbClassReading) => Amount;
  readonly isSame: (wanted: HtbClass, found: HtbClass) => boolean;
}

/** The kernel counts a burst in ticks of its packet scheduler (include/net/pkt_sched.h). */
const TICK_SECONDS = 64e-9;
/** tc counts a burst in whole microseconds of its rate. */
const BURST_GRAIN_SECONDS = 2e-6;

function rateParameter(name: 'rate' | 'ceil'): Parameter<BitsPerSecond> {
  return {
    unit: 'bit/s',
    suffix: 'bit',
    read: (reading) => bitsPerSecond(reading[name] * 8),
    isSame: (wanted, found) => wanted[name] === found[name],
  };
}

function burstParameter(
  name: 'burst' | 'cburst',
  ticks: 'buffer' | 'cbuffer',
  rate: 'rate' | 'ceil',
): Parameter<Bytes> {
  return {
    unit: 'bytes',
    suffix: 'b',
    read: (reading) => bytes(Math.round(reading[ticks] * TICK_SECONDS * reading[rate])),
    isSame: (wanted, found) =>
      Math.abs(wanted[name] - found[name]) <= 1 + (wanted[rate] / 8) * BURST_GRAIN_SECONDS,
  };
}

/** Every parameter of a class, in the order in which tc is given them. */
export const PARAMETERS: { readonly [Name in keyof HtbClass]: Parameter<HtbClass[Name]> } = {
  rate: rateParameter('rate'),
  ceil: rateParameter('ceil'),
  burst: burstParameter('burst', 'buffer', 'rate'),
  cburst: burstParameter('cburst', 'cbuffer', 'ceil'),
  quantum: {
    unit: 'bytes',
    suffix: '',
    read: ({ quantum }) => bytes(quantum),
    isSame: (wanted, found) => wanted.quantum === found.quantum,
  },
};
const PARAMETER_NAMES = Object.keys(PARAMETERS) as readonly (keyof HtbClass)[];

/** sameClass reports whether two classes are alike in everything, as far as tc can tell them apart. */
export function sameClass(wanted: HtbClass, found: HtbClass | undefined): boolean {
  return (
    found !== undefined && PARAMETER_NAMES.every((name) => PARAMETERS[name].isSame(wanted, found))
  );
}

/** parametersText returns a class's parameters as tc is given them. */
export function parametersText(made: HtbClass): string {
  return PARAMETER_NAMES.map((name) => `${name} ${made[name]}${PARAMETERS[name].suffix}`).join(' ');
}

/** classFrom returns a class as the kernel reports it. */
export function classFrom(reading: HtbClassReading): HtbClass {
  return {
    rate: PARAMETERS.rate.read(reading),
    ceil: PARAMETERS.ceil.read(reading),
    burst: PARAMETERS.burst.read(reading),
    cburst: PARAMETERS.cburst.read(reading),
    quantum: PARAMETERS.quantum.read(reading),
  };
}

/** tc keeps rates in whole bytes a second: the least is 8 bit/s. */
export const MIN_RATE = bitsPerSecond(8);
/** A burst is what a rate gives in this time: longer than a timer takes to come round. */
const BURST_SECONDS = 0.004;
/** HTB counts a burst in ticks of 64 ns, in 32 bits: about 274 seconds of the rate. */
const MAX_BURST_SECONDS = 200;

function burstOf(rate: BitsPerSecond, frame: Bytes): Bytes {
  const bytesPerSecond = rate / 8;
  const wanted = Math.max(2 * frame, bytesPerSecond * BURST_SECONDS);
  return bytes(Math.floor(Math.min(wanted, bytesPerSecond * MAX_BURST_SECONDS)));
}

const wholeBytes = (rate: number): number => Math.floor(rate / 8) * 8;

/** What a class is made of; its bursts follow from its rates. */
export type ClassAmounts = Pick<HtbClass, 'rate' | 'ceil' | 'quantum'>;

/**
 * htbClass makes a class of amounts that may be any: its rate is at least 8 bit/s, and its ceiling at least
 * its rate. `frame` is the largest frame on the uplink.
 */
export function htbClass({ rate, ceil, quantum }: ClassAmounts, frame: Bytes): HtbClass {
  const guaranteed = bitsPerSecond(Math.max(MIN_RATE, wholeBytes(rate)));
  const ceiling = bitsPerSecond(Math.max(guaranteed, wholeBytes(ceil)));
  return {
    rate: guaranteed,
    ceil: ceiling,
    burst: burstOf(guaranteed, frame),
    cburst: burstOf(ceiling, frame),
    quantum,
  };
}

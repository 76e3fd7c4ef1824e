// Reads the classes of an interface's HTB tree: what they are set to, and what they have counted.
import { native } from './load-native.ts';

/** A class of an HTB tree as the kernel has it (tc-htb(8)). */
export interface HtbClassReading {
  /** The two halves of the class id: 1 and 0x1001 of what tc writes as `1:1001`. */
  readonly major: number;
  readonly minor: number;
  /** All 32 bits of the parent's class id; 0xffffffff for a class right below the root. */
  readonly parent: number;
  /** Bytes per second. */
  readonly rate: number;
  readonly ceil: number;
  /** How long a burst at `rate` and `ceil` may take, in the scheduler's ticks of 64 ns. */
  readonly buffer: number;
  readonly cbuffer: number;
  /** Bytes that it may lend itself at a turn. */
  readonly quantum: number;
  /** 0 is served first. */
  readonly priority: number;
  /** 0 for a leaf; more for a class that has had others below it. */
  readonly level: number;
  /** Sent since the class was made. */
  readonly sentBytes: number;
  readonly sentPackets: number;
  /** Since the class was made; these two begin at 0 again after 2^32 - 1. */
  readonly drops: number;
  readonly overlimits: number;
  /** Waiting now, in bytes and in packets. */
  readonly backlogBytes: number;
  readonly queueLength: number;
}

/** The columns of htbClassNumbers, which native/addon/htb_classes.c lists in the same order. */
const COLUMNS = 16;

function readingAt(numbers: Float64Array, at: number): HtbClassReading {
  const column = (offset: number): number => numbers[at + offset] ?? Number.NaN;
  return {
    major: column(0),
    minor: column(1),
    parent: column(2),
    rate: column(3),
    ceil: column(4),
    buffer: column(5),
    cbuffer: column(6),
    quantum: column(7),
    priority: column(8),
    level: column(9),
    sentBytes: column(10),
    sentPackets: column(11),
    drops: column(12),
    overlimits: column(13),
    backlogBytes: column(14),
    queueLength: column(15),
  };
}

/**
 * htbClasses returns all classes of the HTB root of the interface `ifindex`, in no order; none
 * where the root is no htb. A class that someone adds or removes during the call may be left
 * out or come twice.
 *
 * Throws as NetworkBinding.htbClassNumbers does: ENODEV when there is no such interface.
 */
export function htbClasses(ifindex: number): HtbClassReading[] {
  const numbers = native().htbClassNumbers(ifindex);
  const readings: HtbClassReading[] = [];
  for (let at = 0; at < numbers.length; at += COLUMNS) readings.push(readingAt(numbers, at));
  return readings;
}

/**
 * When the node's clock may be believed. A clock that has not been synchronised since boot, or that
 * has jumped, expires nothing until it is trusted again. Pure: readings come in, a verdict goes out.
 */
import type { EpochSeconds, Seconds } from './quantities.ts';

/** One look at the clocks, at one moment. */
export interface ClockReading {
  /** Seconds since 1970, with their fraction: whole ones would pass for jumps of up to a second. */
  readonly wall: Seconds;
  /** Seconds since some fixed moment: never jumps, and does not tell the time of day. */
  readonly monotonic: Seconds;
  /** The kernel says that something keeps the clock in time (adjtimex(2)). */
  readonly synchronised: boolean;
}

export interface ClockPolicy {
  /** Whether an unsynchronised clock is distrusted. */
  readonly require_sync: boolean;
  /** A difference between wall and monotonic progress that counts as a jump. */
  readonly jump_seconds: number;
  /** How long after a jump the clock must run evenly before it is trusted again. */
  readonly settle_seconds: number;
}

export type ClockVerdict =
  | { readonly trusted: true }
  | { readonly trusted: false; readonly reason: string };

export interface ClockState {
  readonly last: ClockReading | undefined;
  /** Monotonic time of the last jump seen. */
  readonly jumpedAt: Seconds | undefined;
}

export const UNREAD_CLOCK: ClockState = { last: undefined, jumpedAt: undefined };

/** readClock takes one more reading into account. */
export function readClock(state: ClockState, now: ClockReading, policy: ClockPolicy): ClockState {
  if (state.last === undefined) return { last: now, jumpedAt: state.jumpedAt };
  const drift = now.wall - state.last.wall - (now.monotonic - state.last.monotonic);
  const jumped = Math.abs(drift) > policy.jump_seconds;
  return { last: now, jumpedAt: jumped ? now.monotonic : state.jumpedAt };
}

/** judgeClock says whether the clock's last reading may expire anything. */
export function judgeClock(state: ClockState, policy: ClockPolicy): ClockVerdict {
  const { last, jumpedAt } = state;
  if (last === undefined) return { trusted: false, reason: 'the clock has not been read yet' };
  if (policy.require_sync && !last.synchronised) {
    return { trusted: false, reason: 'the clock has not been synchronised since boot' };
  }
  if (jumpedAt !== undefined && last.monotonic - jumpedAt < policy.settle_seconds) {
    return { trusted: false, reason: 'the clock has jumped' };
  }
  return { trusted: true };
}

/** hasExpired reports whether a record's time is over: its expiry is not in the future. */
export function hasExpired(
  record: { readonly expiry?: number | undefined },
  now: EpochSeconds,
): boolean {
  return record.expiry !== undefined && record.expiry <= now;
}

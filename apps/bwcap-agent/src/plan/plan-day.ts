/**
 * Decides, from what a sliver has sent today, whether its rate is cut for the rest of the day, and when a day begins.
 * Pure.
 */
import type { EventContent } from '@nodemgr/contracts';
import {
  type BitsPerSecond,
  byteText,
  type EpochSeconds,
  isoTime,
  rateText,
} from '@nodemgr/records';
import { type Day, type DayRule, dayAt } from '../desired/node-day.ts';
import { type DayLimit, rateForRest } from '../limits/day-bytes.ts';
import type { Bytes } from '../limits/htb-class.ts';
import type { Branch } from '../limits/htb-tree.ts';
import { LIMITS } from '../limits/limits.ts';

/** The machine's time, and whether it can be believed. */
export interface ClockLook {
  readonly now: EpochSeconds;
  readonly clockTrusted: boolean;
}

/** What a look at the clock means for the day that is counted for. */
export type DayTurn =
  | { readonly turn: 'none' }
  /** What was counted is of this day. */
  | { readonly turn: 'keep'; readonly day: Day }
  /** Counting begins anew. */
  | { readonly turn: 'begin'; readonly day: Day };

const NO_TURN: DayTurn = { turn: 'none' };

/**
 * decideDay returns what becomes of the day. A clock that is not trusted begins none. Where a trusted clock is before
 * the day it had been wrong, and a day that this process has not told (`isOwn`) may be of another rule: nothing that
 * was counted is forgiven for that, and the day ends when today does.
 */
export function decideDay(
  day: Day | undefined,
  { now, clockTrusted }: ClockLook,
  rule: DayRule,
  isOwn: boolean,
): DayTurn {
  if (!clockTrusted) return NO_TURN;
  if (day !== undefined && now >= day.ends) return { turn: 'begin', day: dayAt(now, rule) };
  const isRight = day !== undefined && now >= day.begins && isOwn;
  return isRight ? NO_TURN : { turn: 'keep', day: dayAt(now, rule) };
}

/** A rate that is cut. */
export interface DayCut {
  readonly limit: DayLimit;
  /** When this rate was decided, and what had been sent then. */
  readonly at: EpochSeconds;
  readonly sent: Bytes;
  readonly rate: BitsPerSecond;
  /** When the rate was first cut by this limit. */
  readonly since: EpochSeconds;
}

/** What a cut is decided by. */
export interface CutGrounds extends ClockLook {
  readonly day: Day;
  readonly sent: Bytes;
  /** Undefined: there is none. */
  readonly limit: DayLimit | undefined;
  /** The cut in force; undefined: none. */
  readonly before: DayCut | undefined;
}

/** A rate is worked out anew after this long, and only where that makes it another by so much. */
const RHYTHM_SECONDS = 60;
const WORTH_A_CHANGE = 0.02;

const sameLimit = (one: DayLimit, other: DayLimit): boolean =>
  one.max === other.max && one.threshold === other.threshold;

/** Whether the rate stays as it was decided. Without a clock nobody knows how much of the day is left. */
function isKept({ now, clockTrusted }: ClockLook, { at }: DayCut): boolean {
  return !clockTrusted || (now >= at && now - at < RHYTHM_SECONDS);
}

/**
 * decideCut returns how the rate of one leaf is cut; undefined: it is not. Where the clock cannot be trusted and
 * nothing was decided, the rate is such that it would last for a whole day.
 */
export function decideCut(grounds: CutGrounds): DayCut | undefined {
  const { day, sent, limit, now, clockTrusted } = grounds;
  if (limit === undefined || sent <= limit.threshold) return undefined;
  const isSame = grounds.before !== undefined && sameLimit(grounds.before.limit, limit);
  const before = isSame ? grounds.before : undefined;
  if (before !== undefined && isKept(grounds, before)) return before;
  const rate = rateForRest(limit, sent, clockTrusted ? day.ends - now : day.ends - day.begins);
  const isWorth =
    before === undefined || Math.abs(rate - before.rate) > WORTH_A_CHANGE * before.rate;
  return isWorth ? { limit, at: now, sent, rate, since: before?.since ?? now } : before;
}

const DESTINATIONS: Readonly<Record<Branch, string>> = {
  ordinary: '',
  exempt: ' to exempt networks',
};

/** cutText returns why a rate is as it is, with the numbers. */
export function cutText(branch: Branch, { limit, sent, rate }: DayCut, day: Day): string {
  const { resource } = LIMITS[branch].day;
  const sentText = `${byteText(sent)} sent${DESTINATIONS[branch]} since ${isoTime(day.begins)}`;
  const limitText = `of ${byteText(limit.max)} a day (${resource}), past the threshold of ${byteText(limit.threshold)}`;
  return `${sentText}, ${limitText}: cut to ${rateText(rate)} until ${isoTime(day.ends)}`;
}

type CutEvent = Omit<EventContent, 'account'>;
const BY = { kind: 'bwcap-agent' } as const;

/** Why a cut has ended. */
function endText(
  branch: Branch,
  before: DayCut,
  sent: Bytes,
  limit: DayLimit | undefined,
  isNewDay: boolean,
): string {
  const whole = `${LIMITS[branch].day.resource}: the rate${DESTINATIONS[branch]} is whole again`;
  if (isNewDay) return `${whole}: another day has begun, of ${byteText(before.limit.max)}`;
  if (limit === undefined) return `${whole}: there is no limit any more`;
  return `${whole}: ${byteText(sent)} were sent today, and the threshold is ${byteText(limit.threshold)} now`;
}

/** describeCut returns the event in the history for what has become of a cut; undefined: nothing worth one. */
export function describeCut(
  branch: Branch,
  { before, day, sent, limit }: Omit<CutGrounds, keyof ClockLook>,
  after: DayCut | undefined,
  isNewDay: boolean,
): CutEvent | undefined {
  const { resource, thresholdResource } = LIMITS[branch].day;
  const of = { by: BY, resources: [resource, thresholdResource] };
  if (after === undefined) {
    if (before === undefined) return undefined;
    return { what: 'rate-cut-over', why: endText(branch, before, sent, limit, isNewDay), ...of };
  }
  if (before !== undefined && sameLimit(before.limit, after.limit)) return undefined;
  return { what: 'rate-cut', why: cutText(branch, after, day), ...of };
}

/** A leaf of which it is decided when it must be looked at again. */
export interface LookGrounds {
  readonly sent: Bytes;
  readonly limit: DayLimit;
  /** The most that it may send. */
  readonly ceiling: BitsPerSecond;
}

/** Milliseconds. */
const SOONEST_MS = 1000;
const LATEST_MS = 10_000;
const LATEST_WITHOUT_LIMITS_MS = 30_000;

/**
 * nextLookMs returns how soon the counters must be read again: before any of `leaves`, all that have a limit, can get
 * to its threshold and when the day ends, in `restMs`, but not too often.
 */
export function nextLookMs(leaves: Iterable<LookGrounds>, restMs: number): number {
  let soonest = Math.min(LATEST_WITHOUT_LIMITS_MS, Math.max(SOONEST_MS, restMs));
  for (const { sent, limit, ceiling } of leaves) {
    const left = Math.max(0, limit.threshold - sent);
    const ms = sent > limit.threshold ? LATEST_MS : (left * 8000) / ceiling;
    soonest = Math.min(soonest, LATEST_MS, Math.max(SOONEST_MS, ms));
  }
  return soonest;
}

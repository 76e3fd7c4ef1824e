/**
 * Decides when the next fetch is due. Pure: times come in, a time goes out. Times are milliseconds of
 * a clock that never jumps, so a node whose clock is set does not poll out of turn.
 */
import { createHash } from 'node:crypto';
import { backoffMs } from '@nodemgr/daemon';
import type { Cause } from './causes.ts';

/** The part of nodemgr.toml, [plc], that decides when to poll. */
export interface PollPolicy {
  readonly poll_seconds: number;
  readonly spread: number;
  readonly max_backoff_seconds: number;
}

/** How the last fetch ended. */
export interface LastFetch {
  readonly endedAt: number;
  /** Absent after a success. */
  readonly failure?: {
    /** In a row, this one included. */
    readonly attempts: number;
    readonly cause: Cause;
    /** The pause that PLC asked for. */
    readonly retryAfterSeconds?: number | undefined;
    /** 0 to 1, drawn once for each failure. */
    readonly random: number;
  };
}

/** The first retry comes after at most this long: a PLC that was restarted is found again soon. */
const FIRST_RETRY_SECONDS = 2;
/** A PLC that does not accept this node's key mails people at every attempt: it is asked again when the key's file changes. */
const KEY_REFUSED = { base_ms: 60_000, max_ms: 3_600_000 };
/** The share that chance adds to Retry-After: PLC sends the whole fleet the same time. */
const RETRY_AFTER_JITTER = 0.1;

/**
 * pollPhaseMs returns how far into each interval this node polls, in milliseconds: the same after
 * every restart, and spread evenly over `spread` of the interval among a fleet's node ids.
 */
export function pollPhaseMs(nodeId: number, { poll_seconds, spread }: PollPolicy): number {
  const hash = createHash('sha256').update(`node ${nodeId}`).digest().readUInt32BE(0);
  return (hash / 2 ** 32) * spread * poll_seconds * 1000;
}

/** After a failure: back-off with jitter, but never before the time that PLC asked for, within bounds. */
function retryWaitMs(failure: NonNullable<LastFetch['failure']>, policy: PollPolicy): number {
  const { attempts, cause, random, retryAfterSeconds = 0 } = failure;
  if (cause === 'key-refused') return backoffMs(attempts, KEY_REFUSED, random);
  const max_ms = policy.max_backoff_seconds * 1000;
  const base_ms = Math.min(policy.poll_seconds, FIRST_RETRY_SECONDS) * 1000;
  const asked = Math.min(retryAfterSeconds * 1000, max_ms);
  return Math.max(
    backoffMs(attempts, { base_ms, max_ms }, random),
    asked * (1 + RETRY_AFTER_JITTER * random),
  );
}

/**
 * planPoll returns when the next fetch is due. The first is due at the node's phase after the start
 * (a fleet that reboots together does not poll together); later ones keep to that phase, whatever
 * failures and operators put in between.
 */
export function planPoll(
  policy: PollPolicy,
  node: { readonly id: number; readonly startedAt: number },
  last: LastFetch | undefined,
): number {
  const first = node.startedAt + pollPhaseMs(node.id, policy);
  if (last === undefined) return first;
  if (last.failure !== undefined) return last.endedAt + retryWaitMs(last.failure, policy);
  const interval = policy.poll_seconds * 1000;
  const passed = Math.floor((last.endedAt - first) / interval);
  return first + (passed + 1) * interval;
}

/**
 * Decides what an answer from PLC makes of the last good document: confirmed, replaced or left as it
 * is. Pure. A document that cannot be read counts for nothing: the last good one and its validators stay.
 */
import { type EpochSeconds, epochSeconds } from '@nodemgr/records';
import type { Cause } from './causes.ts';
import { judgeOrder, type Order } from './judge-order.ts';
import type { ReadState, SignedDocument, SourceAnswer } from './source/desired-state-source.ts';
import type { Validators } from './source/fetch-answer.ts';

/** The last document that could be read, whatever PLC speaks. */
export interface GoodDocument {
  readonly read: ReadState;
  readonly validators: Validators;
  /** How many came. */
  readonly bytes: number;
  /** When they came: milliseconds since 1970. */
  readonly fetchedAt: number;
  /** When PLC last said that it still stands. */
  readonly vouchedAt: EpochSeconds;
  /** PLC vouched for it since this process started. */
  readonly fresh: boolean;
}

export type Judgement =
  | {
      readonly outcome: 'failed' | 'malformed';
      readonly reason: string;
      readonly cause: Cause;
      readonly retryAfterSeconds?: number | undefined;
    }
  | {
      /** It is not signed as this node wants, or `heldBack`: it is older than the one that this node has. */
      readonly outcome: 'refused';
      readonly reason: string;
      readonly cause: Cause;
      readonly heldBack?: SignedDocument;
    }
  /** The same document as before. */
  | { readonly outcome: 'confirmed'; readonly good: GoodDocument }
  /** `kept` is what the source's own Recall reads. */
  | { readonly outcome: 'accepted'; readonly good: GoodDocument; readonly kept: Buffer };

function confirm(good: GoodDocument, validators: Validators, nowMs: number): Judgement {
  const vouchedAt = epochSeconds(Math.floor(nowMs / 1000));
  return { outcome: 'confirmed', good: { ...good, validators, vouchedAt, fresh: true } };
}

/** judgeAnswer takes an answer into account; `good` is what was known when PLC was asked. */
export function judgeAnswer(
  answer: SourceAnswer,
  good: GoodDocument | undefined,
  nowMs: number,
  order: Order = {},
): Judgement {
  if (answer.kind === 'failed' || answer.kind === 'malformed' || answer.kind === 'refused') {
    const { kind: outcome, ...about } = answer;
    return { outcome, ...about };
  }
  if (answer.kind === 'unchanged') {
    if (good !== undefined) return confirm(good, answer.validators ?? good.validators, nowMs);
    const reason = 'PLC says that nothing changed, but nothing is known yet';
    return { outcome: 'failed', cause: 'plc-refuses', reason };
  }
  const { read, validators, bytes, kept } = answer;
  const outOfOrder = read.signed && judgeOrder(read.signed, order);
  if (read.signed !== undefined && outOfOrder !== undefined) {
    const about = { cause: 'plc-refuses', reason: outOfOrder } as const;
    return { outcome: 'refused', ...about, heldBack: read.signed };
  }
  if (good?.read.identity === read.identity) return confirm(good, validators, nowMs);
  const vouchedAt = epochSeconds(Math.floor(nowMs / 1000));
  const about = { bytes, fetchedAt: nowMs, vouchedAt, fresh: true };
  return { outcome: 'accepted', kept, good: { read, validators, ...about } };
}

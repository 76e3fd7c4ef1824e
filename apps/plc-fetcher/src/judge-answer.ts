/**
 * Decides what an answer from PLC makes of the last good document: confirmed, replaced or left as it
 * is. Pure. A document that cannot be read counts for nothing: the last good one and its validators stay.
 */
import { createHash } from 'node:crypto';
import { type EpochSeconds, epochSeconds } from '@nodemgr/records';
import { type AcceptedDocument, parseSlicesXml } from '@nodemgr/slices-xml';
import type { FetchAnswer, Validators } from './fetch-answer.ts';

/** The last document that could be read. */
export interface GoodDocument {
  readonly document: AcceptedDocument;
  readonly validators: Validators;
  /** SHA-256 of its bytes in hex, and their number. */
  readonly sha256: string;
  readonly bytes: number;
  /** When these bytes came: milliseconds since 1970. */
  readonly fetchedAt: number;
  /** When PLC last said that it still stands. */
  readonly vouchedAt: EpochSeconds;
  /** PLC vouched for it since this process started. */
  readonly fresh: boolean;
}

export type Judgement =
  | {
      readonly outcome: 'failed';
      readonly reason: string;
      readonly retryAfterSeconds?: number | undefined;
      /** PLC was reached, and answered with no document. */
      readonly refused?: true | undefined;
    }
  | { readonly outcome: 'malformed'; readonly reason: string }
  /** The same document as before; nothing was parsed. */
  | { readonly outcome: 'confirmed'; readonly good: GoodDocument }
  | { readonly outcome: 'accepted'; readonly good: GoodDocument; readonly bytes: Buffer };

export interface AnswerCircumstances {
  readonly nodeId: number;
  readonly nowMs: number;
}

/** sha256Of names the bytes of a document. */
export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function confirm(good: GoodDocument, validators: Validators, nowMs: number): Judgement {
  const vouchedAt = epochSeconds(Math.floor(nowMs / 1000));
  return { outcome: 'confirmed', good: { ...good, validators, vouchedAt, fresh: true } };
}

/** judgeAnswer takes an answer into account; `good` is the document whose validators were sent. */
export function judgeAnswer(
  answer: FetchAnswer,
  good: GoodDocument | undefined,
  { nodeId, nowMs }: AnswerCircumstances,
): Judgement {
  if (answer.kind === 'failed') {
    const { reason, retryAfterSeconds, refused } = answer;
    return { outcome: 'failed', reason, retryAfterSeconds, refused };
  }
  if (answer.kind === 'unchanged') {
    if (good !== undefined) return confirm(good, good.validators, nowMs);
    return { outcome: 'failed', reason: 'PLC says that nothing changed, but nothing is known yet' };
  }
  const { bytes, validators } = answer;
  const sha256 = sha256Of(bytes);
  if (good?.sha256 === sha256) return confirm(good, validators, nowMs);
  const document = parseSlicesXml(bytes, nodeId);
  if (!document.ok) return { outcome: 'malformed', reason: document.reason };
  const vouchedAt = epochSeconds(Math.floor(nowMs / 1000));
  const about = { sha256, bytes: bytes.length, fetchedAt: nowMs, vouchedAt, fresh: true };
  return { outcome: 'accepted', bytes, good: { document, validators, ...about } };
}

/**
 * The port to an authority: whatever it speaks, this is what the rest of plc-fetcher hears. Each way of speaking is
 * one folder beside this file, and one line in sources.ts. When to ask is not decided here.
 */
import type { EpochSeconds, PlcKind } from '@nodemgr/records';
import type { Digests, Signer } from '@nodemgr/signatures';
import type { Cause } from '../causes.ts';
import type { Said } from '../plan-records.ts';
import type { FailedFetch, Validators } from './fetch-answer.ts';

/** What an authority says of this node. */
export interface DesiredState extends Said {
  /** Slices that it names, and those of them that this node has records of. */
  readonly totals: { readonly slices: number; readonly ours: number };
}

/** The digests of a document, and the signatures on it, armoured. */
export interface Proof {
  readonly digests: Digests;
  readonly signature: string;
}

/** What a signed document says of itself, and who has signed it. */
export interface SignedDocument {
  /** SHA-256 of its bytes, hex. */
  readonly document: string;
  /** An authority's later document has a larger one. */
  readonly serial: number;
  /** When the authority made it. */
  readonly issued: EpochSeconds;
  readonly signers: readonly Signer[];
  readonly proof: Proof;
}

/** A state that was read. */
export interface ReadState {
  readonly ok: true;
  readonly state: DesiredState;
  /** 64 hex digits: two answers of the same identity say the same. */
  readonly identity: string;
  /** digestOf of the state. */
  readonly digest: string;
  /** Present where this node wants signatures. */
  readonly signed?: SignedDocument | undefined;
}

export type Reading =
  | ReadState
  | {
      readonly ok: false;
      readonly reason: string;
      /** Nobody has found out whether it can be read: it is not signed as this node wants. */
      readonly unsigned?: true;
    };

/** What is known when the authority is asked. */
export interface Known {
  readonly identity: string;
  readonly validators: Validators;
  readonly signed?: SignedDocument | undefined;
}

export type SourceAnswer =
  | FailedFetch
  /** It answered, and what came counts for nothing. */
  | { readonly kind: 'malformed'; readonly cause: Cause; readonly reason: string }
  /** It answered, and this node may not act on it. */
  | { readonly kind: 'refused'; readonly cause: Cause; readonly reason: string }
  /** It vouches for what is known; with `validators` that replace the known ones, if it sent any. */
  | { readonly kind: 'unchanged'; readonly validators?: Validators }
  | {
      readonly kind: 'state';
      readonly read: ReadState;
      readonly validators: Validators;
      /** Bytes that came. */
      readonly bytes: number;
      /** The text that `recall` of the same kind reads: without what this node has no business to know. */
      readonly kept: Buffer;
    };

export interface DesiredStateSource {
  readonly kind: PlcKind;
  /** ask asks the authority once. Never rejects: a failure is an answer. Ends when `signal` aborts. */
  ask(known: Known | undefined, signal: AbortSignal): Promise<SourceAnswer>;
}

/**
 * Reads what an earlier answer left to be kept, which came at `asOf`, with the signature beside it if there was one. No
 * bytes make it throw.
 */
export type Recall = (kept: Buffer, asOf: EpochSeconds, signature?: string) => Reading;

/** Returns the time by the clock of the machine. */
export type Now = () => EpochSeconds;

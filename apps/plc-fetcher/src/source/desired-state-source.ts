/**
 * The port to an authority: whatever it speaks, this is what the rest of plc-fetcher hears. Each way of speaking is
 * one folder beside this file, and one line in sources.ts. When to ask is not decided here.
 */
import type { EpochSeconds, PlcKind } from '@nodemgr/records';
import type { Cause } from '../causes.ts';
import type { Said } from '../plan-records.ts';
import type { FailedFetch, Validators } from './fetch-answer.ts';

/** What an authority says of this node. */
export interface DesiredState extends Said {
  /** Slices that it names, and those of them that this node has records of. */
  readonly totals: { readonly slices: number; readonly ours: number };
}

/** A state that was read. */
export interface ReadState {
  readonly ok: true;
  readonly state: DesiredState;
  /** 64 hex digits: two answers of the same identity say the same. */
  readonly identity: string;
  /** digestOf of the state. */
  readonly digest: string;
}

export type Reading = ReadState | { readonly ok: false; readonly reason: string };

/** What is known when the authority is asked. */
export interface Known {
  readonly identity: string;
  readonly validators: Validators;
}

export type SourceAnswer =
  | FailedFetch
  /** It answered, and what came counts for nothing. */
  | { readonly kind: 'malformed'; readonly cause: Cause; readonly reason: string }
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

/** Reads what an earlier answer left to be kept, which came at `asOf`. No bytes make it throw. */
export type Recall = (kept: Buffer, asOf: EpochSeconds) => Reading;

/** Returns the time by the clock of the machine. */
export type Now = () => EpochSeconds;

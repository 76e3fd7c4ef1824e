/**
 * What a method of the API is: one entry of the one table from which Help, the system methods, the
 * checks and the calls themselves are made. Types only.
 */
import type { AccountItem, FeedItem } from '@nodemgr/contracts';
import type { FaultName } from '@nodemgr/faults';
import type { RecordKey, SliverRecord } from '@nodemgr/records';
import type { XmlRpcCall, XmlRpcValue } from '@nodemgr/xml-rpc';
import type { Caller } from '../caller/caller.ts';
import type { MachineFacts } from '../machine/machine-facts.ts';
import type { Writes } from '../write/make-writes.ts';

/** The types of XML-RPC that the API takes and gives. */
export type TypeName = 'string' | 'int' | 'array' | 'struct' | 'base64';

export interface Parameter {
  readonly name: string;
  readonly type: TypeName;
  /** Another type that will do. */
  readonly orType?: TypeName;
  readonly meaning: string;
}

/** The gateway's copy of what db-service publishes. */
export interface Replica {
  readonly items: ReadonlyMap<RecordKey, FeedItem>;
  /** 'waiting': nothing has been heard yet, so nothing can be said about any sliver. */
  readonly position: { readonly state: 'waiting' | 'live' | 'stale'; readonly revision?: number };
}

/** The outcome of a call inside `system.multicall`. */
export type Outcome =
  | { readonly value: XmlRpcValue }
  | { readonly code: number; readonly text: string };

/** What a method has to work with. */
export interface CallContext {
  readonly caller: Caller;
  readonly replica: Replica;
  readonly writes: Writes;
  readonly machine: MachineFacts;
  /** Makes another call for the same caller; it is logged like any other. */
  dispatch(call: XmlRpcCall): Promise<Outcome>;
  /** Milliseconds that only grow. */
  now(): number;
  /**
   * Adds to the call's line in the log, which has no argument but a sliver's name of itself. What is
   * noted is bounded by the method, and never a secret.
   */
  note(fields: Readonly<Record<string, unknown>>): void;
}

type Result = XmlRpcValue | Promise<XmlRpcValue>;

interface Described {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly result: { readonly type: TypeName; readonly meaning: string };
  readonly meaning: string;
  /** Faults that it ends in by itself, besides those of the checks before it. */
  readonly faults?: readonly FaultName[];
}

/** A method that concerns no sliver: for all, or for root alone. */
export interface NodeMethod extends Described {
  readonly who: 'all' | 'root';
  /** Whether it answers from the replica, as all methods on a sliver do. */
  readonly readsReplica?: boolean;
  run(context: CallContext, args: readonly XmlRpcValue[]): Result;
}

/** A sliver that has a record, as it is published. */
export type SliverItem = AccountItem & { readonly record: SliverRecord };

/**
 * A method on one sliver, its first argument: for the sliver itself, root, and callers that its
 * record delegates the method to. `run` gets the other arguments.
 */
export interface SliverMethod extends Described {
  readonly who: 'sliver';
  /** The method that does the same under another name: who has the right to one has it to the other. */
  readonly sameAs?: string;
  /** Whether a sliver may leave the first argument out and mean itself; makes the rest of it. */
  readonly withoutSliver?: (rest: readonly XmlRpcValue[]) => readonly XmlRpcValue[];
  run(context: CallContext, sliver: SliverItem, args: readonly XmlRpcValue[]): Result;
}

export type ApiMethod = NodeMethod | SliverMethod;

/** The methods of the API by name, in the order in which people see them. */
export type MethodTable = ReadonlyMap<string, ApiMethod>;

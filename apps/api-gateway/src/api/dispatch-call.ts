/**
 * Makes one call: checks it, runs it, writes its one line in the log. Whatever happens inside comes
 * out as a value or a fault; it never throws or rejects. What can be answered at once is not a promise: most
 * calls read, and the promises of a call cost more than the reading.
 */
import { RationedLines } from '@nodemgr/daemon';
import { asFault, type Fault } from '@nodemgr/faults';
import type { XmlRpcCall, XmlRpcValue } from '@nodemgr/xml-rpc';
import { type Caller, describeCaller } from '../caller/caller.ts';
import type { MachineFacts } from '../machine/machine-facts.ts';
import type { Writes } from '../write/make-writes.ts';
import type { ApiMethod, CallContext, MethodTable, Outcome, Replica } from './api-method.ts';
import { argumentsOf, authorise, authoriseOn, methodNamed, sliverNamed } from './check-call.ts';
import { loggableText } from './loggable-text.ts';

/** Where calls are logged: one object and one text a line. */
export interface CallLog {
  info(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface DispatchOptions {
  readonly table: MethodTable;
  readonly replica: Replica;
  /** Resolves once the replica holds a state, or has been waited for as long as callers should wait. */
  readonly heard: Promise<void>;
  readonly writes: Writes;
  readonly machine: MachineFacts;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  readonly log: CallLog;
}

/** Longest parts of a line (UTF-16 code units). */
const MAX_METHOD = 80;
const MAX_TARGET = 64;
/** The list of all methods would fill the line. */
const MAX_REASON = 200;

/** Defects, by their callers and methods, of which the log is not told again within a second. */
const MOST_DEFECTS = 1000;

/** What a caller is told of a defect of ours; the details are in the log. */
const DEFECT = 'the node manager failed at this; its log says why';

const needsReplica = (method: ApiMethod): boolean =>
  method.who === 'sliver' || method.readsReplica === true;

function runMethod(
  method: ApiMethod,
  params: readonly XmlRpcValue[],
  context: CallContext,
): XmlRpcValue | Promise<XmlRpcValue> {
  const { caller, replica } = context;
  const args = argumentsOf(method, params, caller);
  if (method.who !== 'sliver') {
    authorise(method, caller);
    return method.run(context, args);
  }
  // A sliver that left its own name out; others' lines have it already.
  if (args !== params) context.note({ target: targetOf(method, args) });
  const sliver = sliverNamed(replica, args[0]);
  authoriseOn(method, sliver, caller);
  return method.run(context, sliver, args.slice(1));
}

/**
 * The sliver that a call is about, for the log. No other argument is there unless the method notes it:
 * what has not been looked at may be anything, a secret too.
 */
function targetOf(
  method: ApiMethod | undefined,
  [first]: readonly XmlRpcValue[],
): string | undefined {
  const isNamed = method?.who === 'sliver' && typeof first === 'string';
  return isNamed ? loggableText(first, MAX_TARGET) : undefined;
}

/** What a call's line in the log says, in this order. Filled in place: every call has one. */
type CallLine = Record<string, unknown>;

function lineOf(caller: Caller): CallLine {
  const name = describeCaller(caller);
  if (caller.kind !== 'nobody') return { caller: name, uid: caller.uid };
  const { uid, why } = caller;
  return uid === undefined ? { caller: name, why } : { caller: name, uid };
}

/** What a fault says of a document that is no call, without what it quotes of it: that may be a secret. */
const withoutQuotes = (text: string): string => text.replace(/"(?:[^"\\]|\\.)*"/g, '"…"');

export class CallDispatcher {
  readonly #options: DispatchOptions;
  readonly #defects: RationedLines;
  /** Calls made, and those that ended in a fault, since the start. */
  calls = 0;
  faults = 0;

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#defects = new RationedLines({ mostNames: MOST_DEFECTS, now: options.now });
  }

  /** call makes one call for a caller. */
  call(caller: Caller, call: XmlRpcCall): Outcome | Promise<Outcome> {
    const { now, table } = this.#options;
    const started = now();
    const line = lineOf(caller);
    const method = table.get(call.method);
    line['method'] = method?.name ?? loggableText(call.method, MAX_METHOD);
    line['target'] = targetOf(method, call.params);
    const attempted = this.#attempt(caller, call, line);
    return attempted instanceof Promise
      ? attempted.then((outcome) => this.#counted(outcome, line, now() - started))
      : this.#counted(attempted, line, now() - started);
  }

  /** refused counts and logs what never became a call. */
  refused(caller: Caller, fault: Fault, ms: number): Outcome {
    const outcome = { code: fault.code, text: fault.message };
    this.#counted({ ...outcome, text: withoutQuotes(fault.message) }, lineOf(caller), ms);
    return outcome;
  }

  #attempt(caller: Caller, call: XmlRpcCall, line: CallLine): Outcome | Promise<Outcome> {
    const { table, replica, heard, writes, machine, now } = this.#options;
    const context: CallContext = {
      caller,
      replica,
      writes,
      machine,
      now,
      dispatch: async (inner) => this.call(caller, inner),
      note: (fields) => Object.assign(line, fields),
    };
    try {
      const method = methodNamed(table, call.method);
      // A gateway that has just been started would refuse what its callers have waited for.
      const value =
        replica.position.state === 'waiting' && needsReplica(method)
          ? heard.then(() => runMethod(method, call.params, context))
          : runMethod(method, call.params, context);
      if (!(value instanceof Promise)) return { value };
      return value.then(
        (later) => ({ value: later }),
        (error: unknown) => this.#failed(error, line),
      );
    } catch (error) {
      return this.#failed(error, line);
    }
  }

  /** #failed makes an outcome of an error. A Fault was worded for callers; anything else is a defect. */
  #failed(error: unknown, line: CallLine): Outcome {
    const fault = asFault(error);
    const { code, kind, message, cause } = fault;
    if (kind === 'internal') {
      this.#logDefect(error, line);
    } else if (cause instanceof Error) {
      line['cause'] = loggableText(cause.message, MAX_REASON);
    }
    return { code, text: error === fault ? message : DEFECT };
  }

  /** The stack of a defect that its caller brings about in a loop would fill the log. */
  #logDefect(error: unknown, { caller, method }: CallLine): void {
    const times = this.#defects.count(`${caller} ${method}`);
    if (times === undefined) return;
    const text = `${method} could not be carried out; its caller is told so`;
    this.#options.log.error({ caller, times, err: asFault(error) }, text);
  }

  /** #counted returns an outcome once it has been counted and logged. */
  #counted(outcome: Outcome, line: CallLine, took: number): Outcome {
    this.calls += 1;
    if ('code' in outcome) {
      this.faults += 1;
      line['fault'] = outcome.code;
      line['reason'] = loggableText(outcome.text, MAX_REASON);
    }
    line['ms'] = Math.round(took * 10) / 10;
    this.#options.log.info(line, 'call');
    return outcome;
  }
}

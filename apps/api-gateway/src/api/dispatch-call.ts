/**
 * Makes one call: checks it, runs it, writes its one line in the log. Whatever happens inside comes
 * out as a value or a fault; it never rejects.
 */
import { asFault, type Fault } from '@nodemgr/faults';
import type { XmlRpcCall, XmlRpcValue } from '@nodemgr/xml-rpc';
import { type Caller, describeCaller } from '../caller/caller.ts';
import type { Writes } from '../write/make-writes.ts';
import type { ApiMethod, CallContext, MethodTable, Outcome, Replica } from './api-method.ts';
import { argumentsOf, authorise, authoriseOn, methodNamed, sliverNamed } from './check-call.ts';

/** Where calls are logged: one object and one text a line. */
export interface CallLog {
  info(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface DispatchOptions {
  readonly table: MethodTable;
  readonly replica: Replica;
  readonly writes: Writes;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  readonly log: CallLog;
}

/** What a caller is told of a defect of ours; the details are in the log. */
const DEFECT = 'the node manager failed at this; its log says why';

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
  const sliver = sliverNamed(replica, args[0]);
  authoriseOn(method, sliver, caller);
  return method.run(context, sliver, args.slice(1));
}

/** The sliver that a call is about, for the log. */
function targetOf(method: ApiMethod | undefined, { params }: XmlRpcCall): string | undefined {
  const [first] = params;
  return method?.who === 'sliver' && typeof first === 'string' ? first.slice(0, 64) : undefined;
}

/** What a call's line in the log says, in this order. Filled in place: every call has one. */
type CallLine = Record<string, unknown>;

function lineOf(caller: Caller): CallLine {
  if (caller.kind === 'nobody') return { caller: 'nobody', why: caller.why };
  return { caller: describeCaller(caller), uid: caller.uid };
}

export class CallDispatcher {
  readonly #options: DispatchOptions;
  /** Calls made, and those that ended in a fault, since the start. */
  calls = 0;
  faults = 0;

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /** call makes one call for a caller. */
  async call(caller: Caller, call: XmlRpcCall): Promise<Outcome> {
    const { now, table } = this.#options;
    const started = now();
    const line = lineOf(caller);
    line['method'] = call.method.slice(0, 80);
    line['target'] = targetOf(table.get(call.method), call);
    const outcome = await this.#attempt(caller, call, line);
    this.#count(outcome, line, now() - started);
    return outcome;
  }

  /** refused counts and logs what never became a call. */
  refused(caller: Caller, fault: Fault, ms: number): Outcome {
    const outcome = { code: fault.code, text: fault.message };
    this.#count(outcome, lineOf(caller), ms);
    return outcome;
  }

  async #attempt(caller: Caller, call: XmlRpcCall, line: CallLine): Promise<Outcome> {
    const { table, replica, writes, now } = this.#options;
    const context: CallContext = {
      caller,
      replica,
      writes,
      now,
      dispatch: (inner) => this.call(caller, inner),
      note: (fields) => Object.assign(line, fields),
    };
    try {
      return { value: await runMethod(methodNamed(table, call.method), call.params, context) };
    } catch (error) {
      return this.#failed(error, call.method, line);
    }
  }

  /** #failed makes an outcome of an error. A Fault was worded for callers; anything else is a defect. */
  #failed(error: unknown, method: string, line: CallLine): Outcome {
    const fault = asFault(error);
    const { code, kind, message, cause } = fault;
    if (kind === 'internal') {
      const text = `${method.slice(0, 80)} could not be carried out; its caller is told so`;
      this.#options.log.error({ err: error }, text);
    } else if (cause instanceof Error) {
      line['cause'] = cause.message;
    }
    return { code, text: error === fault ? message : DEFECT };
  }

  #count(outcome: Outcome, line: CallLine, took: number): void {
    this.calls += 1;
    if ('code' in outcome) {
      this.faults += 1;
      line['fault'] = outcome.code;
      // The list of all methods would fill the line.
      line['reason'] = outcome.text.slice(0, 200);
    }
    line['ms'] = Math.round(took * 10) / 10;
    this.#options.log.info(line, 'call');
  }
}

/** Help and the system methods, which many XML-RPC clients know. They answer from the table. */
import { setImmediate } from 'node:timers/promises';
import { FairTurns } from '@nodemgr/daemon';
import { asFault, Fault } from '@nodemgr/faults';
import { encodeResponse, isStruct, type XmlRpcCall, type XmlRpcValue } from '@nodemgr/xml-rpc';
import { sharesOf } from '../caller/caller-shares.ts';
import type {
  ApiMethod,
  CallContext,
  MethodTable,
  NodeMethod,
  Outcome,
  Parameter,
} from './api-method.ts';
import { methodNamed } from './check-call.ts';
import { renderHelp, renderMethod, renderSignatures } from './render-help.ts';

const MULTICALL = 'system.multicall';
/** Calls in one multicall. */
const MAX_CALLS = 100;
/** Once a multicall has taken this long, what is left of it is not begun. */
const MULTICALL_MS = 20_000;
/**
 * A caller's multicalls are made one after the other, those of several callers side by side, call by call.
 * All that are nobody have together what this many accounts have: one more than a user with a range of user
 * ids is held to be (caller-shares.ts), so that such a one keeps no other from it.
 */
const TURNS = { atOnce: Number.POSITIVE_INFINITY, perCommon: 4, perCaller: 1 };
/** How many of a caller's may wait, and how long (milliseconds). */
const MAX_WAITING = 32;
const WAIT_MS = 20_000;
/** Bytes of all the answers in it, as they are sent: a small request must not make a huge answer. */
const MAX_ANSWER_BYTES = 2 << 20;

const LATE = `not begun: the calls before it took ${MULTICALL_MS / 1000} s`;
const FULL = `not begun: the answers before it fill the ${MAX_ANSWER_BYTES} bytes of a multicall`;
const TOO_LONG = `made, but its answer does not fit in the ${MAX_ANSWER_BYTES} bytes of a multicall; call it alone`;

function readCall(value: XmlRpcValue, index: number): XmlRpcCall {
  const entry = `call ${index + 1}`;
  const members = isStruct(value) ? value : {};
  const method = members['methodName'];
  const params = members['params'] ?? [];
  if (typeof method !== 'string' || !Array.isArray(params)) {
    throw new Fault('bad-argument', `${entry} is not a struct with methodName and params`);
  }
  if (method === MULTICALL) {
    throw new Fault('bad-argument', `${entry}: ${MULTICALL} cannot be called within itself`);
  }
  return { method, params };
}

async function callOne(context: CallContext, value: XmlRpcValue, index: number): Promise<Outcome> {
  try {
    return await context.dispatch(readCall(value, index));
  } catch (error) {
    const { code, message } = asFault(error);
    return { code, text: message };
  }
}

const answer = (outcome: Outcome): XmlRpcValue =>
  'value' in outcome ? [outcome.value] : { faultCode: outcome.code, faultString: outcome.text };

const unavailable = (text: string): Outcome => ({ code: new Fault('unavailable', '').code, text });

/** Measures values as they are written. A result that comes again is the same object, not written twice. */
class EncodedSizes {
  readonly #known = new WeakMap<object, number>();

  of(outcome: Outcome): number {
    const value = 'value' in outcome ? outcome.value : outcome.text;
    if (typeof value !== 'object' || value === null) return measured(value);
    const size = this.#known.get(value) ?? measured(value);
    this.#known.set(value, size);
    return size;
  }
}

const measured = (value: XmlRpcValue): number => Buffer.byteLength(encodeResponse(value));

/** One after the other: a read sees the writes before it. */
async function multicall(
  context: CallContext,
  calls: readonly XmlRpcValue[],
  sizes: EncodedSizes,
): Promise<XmlRpcValue> {
  const until = context.now() + MULTICALL_MS;
  const answers: XmlRpcValue[] = [];
  let left = MAX_ANSWER_BYTES;
  for (const [index, call] of calls.entries()) {
    // Other callers' requests are looked at between any two calls.
    await setImmediate();
    const over = left < 0 ? FULL : context.now() > until ? LATE : undefined;
    const outcome = over === undefined ? await callOne(context, call, index) : unavailable(over);
    if (over === undefined) left -= sizes.of(outcome);
    answers.push(answer(over === undefined && left < 0 ? unavailable(TOO_LONG) : outcome));
  }
  return answers;
}

/** multicallMethod makes the method. */
function multicallMethod(): NodeMethod {
  const turns = new FairTurns(TURNS);
  const sizes = new EncodedSizes();
  return {
    name: MULTICALL,
    who: 'all',
    parameters: [
      {
        name: 'calls',
        type: 'array',
        meaning: `at most ${MAX_CALLS} structs of methodName and params`,
      },
    ],
    result: { type: 'array', meaning: 'for each call a list of its one result, or a fault struct' },
    faults: ['unavailable'],
    meaning:
      'Makes several calls in their order, each with its own rights and its own fault. Once their ' +
      `answers fill ${MAX_ANSWER_BYTES} bytes, the rest is not begun.`,
    async run(context, [calls]) {
      const list = Array.isArray(calls) ? calls : [];
      if (list.length > MAX_CALLS) {
        throw new Fault('bad-argument', `${list.length} calls, more than the ${MAX_CALLS} allowed`);
      }
      // Each of them has a line of its own.
      context.note({ calls: list.length });
      const shares = sharesOf(context.caller);
      if (turns.waiting(shares) >= MAX_WAITING) {
        throw new Fault('unavailable', `${MAX_WAITING} multicalls of the same caller are waiting`);
      }
      const latest = context.now() + WAIT_MS;
      return turns.run(shares, async () => {
        if (context.now() <= latest) return multicall(context, list, sizes);
        throw new Fault('unavailable', `not begun in ${WAIT_MS / 1000} s: others were waiting`);
      });
    },
  };
}

const METHOD: Parameter = { name: 'method', type: 'string', meaning: "a method's name" };

const text = (value: XmlRpcValue | undefined): string => (typeof value === 'string' ? value : '');

/** systemMethods returns the methods that are about methods; `table` is the one that they are part of. */
export function systemMethods(table: () => MethodTable): readonly ApiMethod[] {
  const about = (value: XmlRpcValue | undefined) => methodNamed(table(), text(value));
  return [
    {
      name: 'Help',
      who: 'all',
      parameters: [],
      result: { type: 'string', meaning: 'text' },
      meaning: 'Every method with its documentation.',
      run: () => renderHelp(table()),
    },
    {
      name: 'system.listMethods',
      who: 'all',
      parameters: [],
      result: { type: 'array', meaning: 'names' },
      meaning: 'The names of all methods.',
      run: () => [...table().keys()],
    },
    {
      name: 'system.methodHelp',
      who: 'all',
      parameters: [METHOD],
      result: { type: 'string', meaning: 'text' },
      meaning: 'The documentation of one method.',
      faults: ['no-such-method'],
      run: (_, [method]) => renderMethod(about(method)),
    },
    {
      name: 'system.methodSignature',
      who: 'all',
      parameters: [METHOD],
      result: {
        type: 'array',
        meaning: 'for each form a list of the types of result and parameters',
      },
      meaning: 'What a method takes and gives.',
      faults: ['no-such-method'],
      run: (_, [method]) => renderSignatures(about(method)),
    },
    multicallMethod(),
  ];
}

/** Help and the system methods, which many XML-RPC clients know. They answer from the table. */
import { asFault, Fault } from '@nodemgr/faults';
import { isStruct, type XmlRpcCall, type XmlRpcValue } from '@nodemgr/xml-rpc';
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

const METHOD: Parameter = { name: 'method', type: 'string', meaning: "a method's name" };

const MULTICALL = 'system.multicall';
/** Calls in one multicall. */
const MAX_CALLS = 100;
/** Once a multicall has taken this long, what is left of it is not begun. */
const MULTICALL_MS = 20_000;

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

const answer = (outcome: Outcome): XmlRpcValue =>
  'value' in outcome ? [outcome.value] : { faultCode: outcome.code, faultString: outcome.text };

async function callOne(context: CallContext, value: XmlRpcValue, index: number): Promise<Outcome> {
  try {
    return await context.dispatch(readCall(value, index));
  } catch (error) {
    const { code, message } = asFault(error);
    return { code, text: message };
  }
}

/** One after the other: a read sees the writes before it. */
async function multicall(
  context: CallContext,
  calls: readonly XmlRpcValue[],
): Promise<XmlRpcValue> {
  const until = context.now() + MULTICALL_MS;
  const { code } = new Fault('unavailable', '');
  const late = { code, text: `not begun: the calls before it took ${MULTICALL_MS / 1000} s` };
  const answers: XmlRpcValue[] = [];
  for (const [index, call] of calls.entries()) {
    const outcome = context.now() > until ? late : await callOne(context, call, index);
    answers.push(answer(outcome));
  }
  return answers;
}

const multicallMethod: NodeMethod = {
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
  meaning: 'Makes several calls in their order, each with its own rights and its own fault.',
  run(context, [calls]) {
    const list = Array.isArray(calls) ? calls : [];
    if (list.length > MAX_CALLS) {
      throw new Fault('bad-argument', `${list.length} calls, more than the ${MAX_CALLS} allowed`);
    }
    return multicall(context, list);
  },
};

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
      run: (_, [method]) => renderSignatures(about(method)),
    },
    multicallMethod,
  ];
}

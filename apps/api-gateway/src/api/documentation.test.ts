/** The documentation of each method against what the method does. */
import { FAULTS, Fault } from '@nodemgr/faults';
import { hostUid } from '@nodemgr/records';
import type { XmlRpcValue } from '@nodemgr/xml-rpc';
import { expect, test } from 'vitest';
import type { Caller } from '../caller/caller.ts';
import { PretendedNode, SIRIUS } from '../test-kit/pretended-node.ts';
import type { ApiMethod } from './api-method.ts';
import { CallDispatcher } from './dispatch-call.ts';
import { makeMethodTable } from './method-table.ts';
import { faultsOf, renderMethod, renderTypes, whoMayCall } from './render-help.ts';

const CALLERS: readonly Caller[] = [
  { kind: 'root', uid: hostUid(0) },
  { kind: 'sliver', uid: hostUid(30_000), name: SIRIUS },
  { kind: 'nobody', uid: hostUid(1000), why: 'for this test' },
  { kind: 'nobody', why: 'for this test' },
];
const ARGUMENTS: readonly (readonly XmlRpcValue[])[] = [
  [],
  [5],
  ['no_such'],
  [SIRIUS],
  [SIRIUS, []],
  [SIRIUS, 'x'],
  [[]],
  [1, 2, 3],
];
/** More than any method lets one caller have waiting. */
const AT_ONCE = 40;
const methods = [...makeMethodTable().values()];

/** Every fault that a method can be brought to, by every caller, with a node that is well or not. */
async function provoked({ name: method }: ApiMethod): Promise<readonly number[]> {
  const codes = new Set<number>();
  for (const trouble of ['none', 'no feed', 'no database']) {
    const node = new PretendedNode();
    if (trouble === 'no feed') node.position = { state: 'waiting' };
    if (trouble === 'no database') node.failing = new Fault('unavailable', trouble);
    const log = { info: () => undefined, error: () => undefined };
    const given = {
      table: makeMethodTable(),
      replica: node,
      heard: node.heard,
      writes: node,
      machine: node,
      now: () => 0,
      log,
    };
    const dispatcher = new CallDispatcher(given);
    for (const caller of CALLERS) {
      for (const params of ARGUMENTS) {
        const outcome = await dispatcher.call(caller, { method, params });
        if ('code' in outcome) codes.add(outcome.code);
      }
      const atOnce = Array.from({ length: AT_ONCE }, () =>
        dispatcher.call(caller, { method, params: [[]] }),
      );
      for (const outcome of await Promise.all(atOnce)) {
        if ('code' in outcome) codes.add(outcome.code);
      }
    }
  }
  return [...codes].sort((a, b) => a - b);
}

test.each(methods)(
  '$name ends in the faults that its documentation names, and no others',
  async (method) => {
    const documented = faultsOf(method).map((name) => FAULTS[name].code);
    expect(await provoked(method)).toEqual(documented);
  },
);

test.each(methods)(
  '$name is documented with its parameters, their types, its result and its callers',
  (method) => {
    const text = renderMethod(method);
    for (const parameter of method.parameters) {
      const { name, meaning } = parameter;
      expect(text).toContain(`\n  ${name} (${renderTypes(parameter)}): ${meaning}\n`);
    }
    expect(text).toContain(`\n  Result (${method.result.type}): ${method.result.meaning}\n`);
    expect(text).toContain(`\n  Who may call it: ${whoMayCall(method)}\n`);
    expect(text).toMatch(/\n {2}Faults: .*101 wrong number of arguments/);
  },
);

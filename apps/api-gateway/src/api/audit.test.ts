/** What the log says of each call: enough to answer who did what to whom, and no more. */
import { Fault } from '@nodemgr/faults';
import { hostUid } from '@nodemgr/records';
import type { XmlRpcValue } from '@nodemgr/xml-rpc';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import type { Caller } from '../caller/caller.ts';
import { EISENTEST, PretendedNode, SIRIUS, SNOOP } from '../test-kit/pretended-node.ts';
import { CallDispatcher } from './dispatch-call.ts';
import { loggableText } from './loggable-text.ts';
import { makeMethodTable } from './method-table.ts';

const ROOT: Caller = { kind: 'root', uid: hostUid(0) };
const SIRIUS_ITSELF: Caller = { kind: 'sliver', uid: hostUid(30_000), name: SIRIUS };
const SNOOPER: Caller = { kind: 'delegate', uid: hostUid(30_002), name: SNOOP };
const LOAN = [EISENTEST, 'nm_cpu_share', 8];
/** What a line may not hold raw: it steers terminals, or ends the line. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

let node: PretendedNode;
let lines: string[];
let dispatcher: CallDispatcher;

beforeEach(() => {
  node = new PretendedNode();
  lines = [];
  const note = (fields: object, msg: string) => lines.push(JSON.stringify({ ...fields, msg }));
  dispatcher = new CallDispatcher({
    table: makeMethodTable(),
    replica: node,
    heard: node.heard,
    writes: node,
    machine: node,
    now: () => 0,
    log: { info: note, error: note },
  });
});

const call = (caller: Caller, method: string, ...params: readonly XmlRpcValue[]) =>
  dispatcher.call(caller, { method, params });
const logged = () => lines.map((text) => JSON.parse(text) as Record<string, unknown>);

test('a sliver that leaves its own name out is the target all the same', async () => {
  await call(SIRIUS_ITSELF, 'SetLoans', LOAN);
  await call(SIRIUS_ITSELF, 'SetLoans', 'nonsense');
  expect(logged()).toMatchObject([
    { caller: `sliver ${SIRIUS}`, method: 'SetLoans', target: SIRIUS, loans: [LOAN] },
    { caller: `sliver ${SIRIUS}`, method: 'SetLoans', fault: 102 },
  ]);
});

test('a call that is refused names who was refused what on whom, and why', async () => {
  await call(SNOOPER, 'SetLoans', SIRIUS, [LOAN]);
  expect(logged()).toMatchObject([
    { caller: `delegate ${SNOOP}`, uid: 30_002, target: SIRIUS, fault: 108 },
  ]);
  expect(logged()[0]).not.toHaveProperty('loans');
});

test('a change of which it is not known whether it was made names its loans and says so', async () => {
  node.failing = new Fault('unavailable', 'no answer; the change may still have been made');
  await call(ROOT, 'SetLoans', SIRIUS, [LOAN]);
  expect(logged()).toMatchObject([
    { loans: [LOAN], fault: 111, reason: expect.stringContaining('may still have been made') },
  ]);
});

test('what never became a call is a line with its caller and the reason', () => {
  dispatcher.refused(SNOOPER, new Fault('not-xml-rpc', 'the body is empty'), 1.25);
  expect(logged()).toEqual([
    {
      caller: `delegate ${SNOOP}`,
      uid: 30_002,
      fault: -32_700,
      reason: 'the body is empty',
      ms: 1.3,
      msg: 'call',
    },
  ]);
});

test('each call of a multicall has its own line, and the multicall one that counts them', async () => {
  const inner = [
    { methodName: 'SetLoans', params: [SIRIUS, [LOAN]] },
    { methodName: 'Stop', params: [EISENTEST] },
  ];
  await call(SIRIUS_ITSELF, 'system.multicall', inner);
  expect(logged()).toMatchObject([
    { caller: `sliver ${SIRIUS}`, method: 'SetLoans', target: SIRIUS, loans: [LOAN] },
    { caller: `sliver ${SIRIUS}`, method: 'Stop', target: EISENTEST, fault: 108 },
    { caller: `sliver ${SIRIUS}`, method: 'system.multicall', calls: 2 },
  ]);
});

test('no argument is in the log but a sliver’s name, unless the method notes it', async () => {
  const secret = 'do-not-write-this-down';
  await call(ROOT, 'Ticket', secret);
  await call(ROOT, 'Help', secret);
  await call(ROOT, 'GetRSpec', SIRIUS, secret);
  await call(ROOT, 'SetLoans', SIRIUS, secret);
  await call(ROOT, 'SetLoans', SIRIUS, [[secret, secret]]);
  await call(ROOT, 'system.multicall', [{ methodName: 'Ticket', params: [secret] }, secret]);
  expect(lines).toHaveLength(7);
  expect(lines.join('\n')).not.toContain(secret);
});

test('what a document that is no call holds is not in the log', () => {
  const text = 'param 1: <int> wants a whole number, got "a \\" secret"; so "there';
  dispatcher.refused(ROOT, new Fault('not-xml-rpc', text), 1);
  expect(logged()).toMatchObject([
    { fault: -32700, reason: 'param 1: <int> wants a whole number, got "…"; so "there' },
  ]);
});

test('whatever a caller sends, each line is bounded and steers no terminal', async () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      'GetRSpec',
      '\u009b31m',
      '\u202e',
      'a\nb',
      '\u2028',
      '\ud83d',
      'x'.repeat(9999),
    ),
  );
  await fc.assert(
    fc.asyncProperty(anyText, anyText, anyText, async (method, name, recipient) => {
      lines = [];
      await call(ROOT, method, name);
      await call(ROOT, 'Stop', name);
      await call(ROOT, 'SetLoans', SIRIUS, [[recipient, name, 1]]);
      for (const text of lines.slice(0, 3)) {
        expect(text).not.toMatch(UNSAFE);
        expect(text.length).toBeLessThan(2000);
      }
    }),
  );
});

test('a name is cut to its bound, and half a character at the cut is none', () => {
  expect(loggableText('princeton_sirius', 64)).toBe('princeton_sirius');
  expect(loggableText(`${'x'.repeat(63)}\u{1f600}`, 64)).toBe(`${'x'.repeat(63)}?`);
});

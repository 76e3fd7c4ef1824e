import { NoAnswer } from '@nodemgr/bus';
import { Fault } from '@nodemgr/faults';
import { accountName, hostUid, revision } from '@nodemgr/records';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Caller } from '../caller/caller.ts';
import { SIRIUS } from '../test-kit/pretended-node.ts';
import {
  type SendTicket,
  type SendWrite,
  type WriteRequest,
  writesThrough,
} from './make-writes.ts';

const ROOT: Caller = { kind: 'root', uid: hostUid(0) };
const user = (uid: number): Caller => ({ kind: 'nobody', uid: hostUid(uid), why: 'for this test' });
const sliver = (name: string): Caller => ({
  kind: 'sliver',
  uid: hostUid(30_000),
  name: accountName(name),
});

const STOP = { act: 'stop', sliver: SIRIUS } as const;

let clock: number;
let requests: WriteRequest[];
beforeEach(() => {
  clock = 0;
  requests = [];
});

/** Each entry of `answers` is what db-service does with one attempt; the last one goes on. */
function writes(
  answers: readonly (number | Error)[],
  reached: (revision: number) => Promise<void> = async () => undefined,
) {
  const send: SendWrite = async (_, request, deadlineMs) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push(request);
    if (typeof answer === 'number') return { revision: revision(answer) };
    clock += deadlineMs;
    throw answer;
  };
  const sendTicket: SendTicket = async (ticket, request, deadlineMs) => {
    const { revision } = await send(STOP, request, deadlineMs);
    return { revision, sliver: accountName(ticket), outcome: 'created' };
  };
  return writesThrough({
    send,
    sendTicket,
    reached,
    pause: async (ms) => {
      clock += ms;
      return true;
    },
    now: () => clock,
    newRequestId: () => `request-${requests.length}`,
    writeMs: 5000,
  });
}

const SILENCE = new NoAnswer('no answer in 1667 ms');

test('a change is made once it is durable and our own replica shows it', async () => {
  const awaited: number[] = [];
  const reached = async (revision: number) => {
    awaited.push(revision);
  };
  await writes([7], reached).make(STOP, ROOT);
  expect(awaited).toEqual([7]);
  expect(requests).toEqual([{ request_id: 'request-0', caller: 'root' }]);
});

test('an answer that is lost is asked for again, with the same request id', async () => {
  await writes([SILENCE, SILENCE, 7]).make(STOP, ROOT);
  expect(requests.map(({ request_id }) => request_id)).toEqual(new Array(3).fill('request-0'));
});

test('when db-service stays away the fault names it, and comes within the time for a write', async () => {
  const made = writes([SILENCE]).make(STOP, ROOT);
  await expect(made).rejects.toThrow(
    'db-service has not answered in 5 s; the change may still have been made',
  );
  await expect(made).rejects.toMatchObject({ kind: 'unavailable' });
  expect(clock).toBeLessThanOrEqual(5000);
});

test('when db-service answers that it cannot, the caller is told why, at once', async () => {
  const full = new Fault('unavailable', 'the database cannot be written: disk full');
  await expect(writes([full, 7]).make(STOP, ROOT)).rejects.toMatchObject({
    kind: 'unavailable',
    message: 'db-service cannot make the change now: the database cannot be written: disk full',
  });
  expect(requests).toHaveLength(1);
});

test('hundreds of changes at once are made a few at a time, and all of them', async () => {
  let unfinished = 0;
  let most = 0;
  const { make } = writes([7], async () => {
    unfinished += 1;
    most = Math.max(most, unfinished);
    await new Promise(setImmediate);
    unfinished -= 1;
  });
  const callers = Array.from({ length: 250 }, (_, at) => sliver(`a_${at % 5}`));
  await Promise.all(callers.map((caller) => make(STOP, caller)));
  expect([requests.length, most]).toEqual([250, 64]);
});

test('a change whose turn comes too late is not begun, and its caller is told so', async () => {
  const { make } = writes([7], async () => {
    clock += 10_000;
    await new Promise(setImmediate);
  });
  const made = await Promise.allSettled(Array.from({ length: 97 }, () => make(STOP, ROOT)));
  const [last] = made.slice(-1);
  expect(made.slice(0, 32).map(({ status }) => status)).toEqual(new Array(32).fill('fulfilled'));
  expect(last).toMatchObject({ reason: { message: expect.stringContaining('was not begun') } });
});

test('what db-service refuses is refused at once', async () => {
  const refusal = new Fault('bad-argument', "no such sliver: 'a_b'");
  await expect(writes([refusal, 7]).make(STOP, ROOT)).rejects.toBe(refusal);
  expect(requests).toHaveLength(1);
});

test('a failure inside db-service says that the change may have been made', async () => {
  const failure = new Fault('internal', 'disk full');
  await expect(writes([failure]).make(STOP, ROOT)).rejects.toThrow(
    'db-service failed; the change may still have been made: disk full',
  );
});

test('a durable change that the replica does not show in time is said to be made', async () => {
  const behind = () => Promise.reject(new Fault('unavailable', 'revision 7 not seen'));
  await expect(writes([7], behind).make(STOP, ROOT)).rejects.toThrow(
    'the change is made and will stay',
  );
});

test('a ticket is delivered as a change is made, and its answer comes back', async () => {
  expect(await writes([SILENCE, 7]).deliver(SIRIUS, user(1000))).toEqual({
    revision: 7,
    sliver: SIRIUS,
    outcome: 'created',
  });
  expect(requests).toEqual(new Array(2).fill({ request_id: 'request-0', caller: 'uid 1000' }));
});

test('tickets are delivered one at a time, whoever brings them, and changes do not wait for them', async () => {
  let see: () => void = () => undefined;
  const seen = new Promise<void>((resolve) => {
    see = resolve;
  });
  const { deliver, make } = writes([7], () => seen);
  const callers = [user(1000), user(1000), sliver('a_a')];
  const delivered = callers.map((caller) => deliver(SIRIUS, caller));
  const changed = make(STOP, ROOT);
  const named = () => requests.map(({ caller }) => caller);
  await vi.waitFor(() => expect(named()).toEqual(['uid 1000', 'root']));
  see();
  await Promise.all([...delivered, changed]);
  expect(requests).toHaveLength(4);
});

test('tickets of one user delay another’s by one, and those of a thousand uids a sliver’s by one', async () => {
  const { deliver } = writes([7], () => new Promise(setImmediate));
  const range = Array.from({ length: 1000 }, (_, at) => user(100_000 + at));
  const greedy = [...new Array<Caller>(50).fill(user(1000)), ...range];
  const all = [...greedy, user(1001), sliver('a_a')].map((caller) => deliver(SIRIUS, caller));
  await Promise.all(all);
  const order = requests.map(({ caller }) => caller);
  expect(order.indexOf('sliver a_a')).toBeLessThanOrEqual(2);
  // One of the user's, one of its range, and the sliver's before it.
  expect(order.indexOf('uid 1001')).toBeLessThanOrEqual(4);
});

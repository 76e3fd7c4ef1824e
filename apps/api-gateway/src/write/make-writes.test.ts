import { Fault } from '@nodemgr/faults';
import { beforeEach, expect, test } from 'vitest';
import { SIRIUS } from '../test-kit/pretended-node.ts';
import { type SendWrite, type WriteRequest, writesThrough } from './make-writes.ts';

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
    if (typeof answer === 'number') return { revision: answer };
    clock += deadlineMs;
    throw answer;
  };
  return writesThrough({
    send,
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

const SILENCE = new Fault('unavailable', 'no answer');

test('a change is made once it is durable and our own replica shows it', async () => {
  const awaited: number[] = [];
  const reached = async (revision: number) => {
    awaited.push(revision);
  };
  await writes([7], reached).make(STOP, 'root');
  expect(awaited).toEqual([7]);
  expect(requests).toEqual([{ request_id: 'request-0', caller: 'root' }]);
});

test('an answer that is lost is asked for again, with the same request id', async () => {
  await writes([SILENCE, SILENCE, 7]).make(STOP, 'root');
  expect(requests.map(({ request_id }) => request_id)).toEqual(new Array(3).fill('request-0'));
});

test('when db-service stays away the fault names it, and comes within the time for a write', async () => {
  const made = writes([SILENCE]).make(STOP, 'root');
  await expect(made).rejects.toThrow(
    'db-service has not answered in 5 s; the change may still have been made',
  );
  await expect(made).rejects.toMatchObject({ kind: 'unavailable' });
  expect(clock).toBeLessThanOrEqual(5000);
});

test('what db-service refuses is refused at once', async () => {
  const refusal = new Fault('bad-argument', "no such sliver: 'a_b'");
  await expect(writes([refusal, 7]).make(STOP, 'root')).rejects.toBe(refusal);
  expect(requests).toHaveLength(1);
});

test('a failure inside db-service says that the change may have been made', async () => {
  const failure = new Fault('internal', 'disk full');
  await expect(writes([failure]).make(STOP, 'root')).rejects.toThrow(
    'db-service failed; the change may still have been made: disk full',
  );
});

test('a durable change that the replica does not show in time is said to be made', async () => {
  const behind = () => Promise.reject(new Fault('unavailable', 'revision 7 not seen'));
  await expect(writes([7], behind).make(STOP, 'root')).rejects.toThrow(
    'the change is made and will stay',
  );
});

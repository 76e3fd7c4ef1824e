import { decodeResponse } from '@nodemgr/xml-rpc';
import { expect, test } from 'vitest';
import { answerInTime } from './answer-in-time.ts';

const failed: unknown[] = [];
const time = (ms: number, atOnce: Promise<void> = Promise.resolve()) => ({
  ms,
  atOnce,
  cut: new AbortController().signal,
  lateFailure: (error: unknown) => failed.push(error),
});

test('an answer in time is the answer, and so is its failure', async () => {
  const NEVER = new Promise<void>(() => undefined);
  for (const atOnce of [NEVER, Promise.resolve()]) {
    const late = () => new Promise(setImmediate);
    const answer = late().then(() => 'answer');
    expect(await answerInTime(answer, time(1000, atOnce))).toBe('answer');
    const failing = late().then(() => Promise.reject(new Error('no')));
    await expect(answerInTime(failing, time(1000, atOnce))).rejects.toThrow('no');
  }
});

test('a late one is fault 111, and a failure later than that is told', async () => {
  let fail: (error: Error) => void = () => undefined;
  const answer = new Promise<string>((_, reject) => {
    fail = reject;
  });
  const text = await answerInTime(answer, time(5));
  expect(decodeResponse(Buffer.from(text))).toMatchObject({
    kind: 'fault',
    code: 111,
    text: expect.stringContaining('0.005 s'),
  });
  fail(new Error('too late'));
  await expect.poll(() => failed).toEqual([new Error('too late')]);
});

test('one that is cut is fault 111 with the reason', async () => {
  const cutting = new AbortController();
  const never = new Promise<string>(() => undefined);
  const answers = [1, 2].map(() => answerInTime(never, { ...time(60_000), cut: cutting.signal }));
  cutting.abort('no more');
  for (const text of await Promise.all(answers)) {
    expect(decodeResponse(Buffer.from(text))).toMatchObject({
      code: 111,
      text: 'no more; what was asked for may still be done',
    });
  }
});

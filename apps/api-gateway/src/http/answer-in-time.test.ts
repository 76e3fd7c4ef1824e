import { decodeResponse } from '@nodemgr/xml-rpc';
import { expect, test } from 'vitest';
import { answerInTime } from './answer-in-time.ts';

const failed: unknown[] = [];
const note = (error: unknown) => failed.push(error);

test('an answer in time is the answer, and so is its failure', async () => {
  expect(await answerInTime(Promise.resolve('answer'), 1000, note)).toBe('answer');
  await expect(answerInTime(Promise.reject(new Error('no')), 1000, note)).rejects.toThrow('no');
});

test('a late one is fault 111, and a failure later than that is told', async () => {
  let fail: (error: Error) => void = () => undefined;
  const answer = new Promise<string>((_, reject) => {
    fail = reject;
  });
  const text = await answerInTime(answer, 5, note);
  expect(decodeResponse(Buffer.from(text))).toMatchObject({
    kind: 'fault',
    code: 111,
    text: expect.stringContaining('0.005 s'),
  });
  fail(new Error('too late'));
  await expect.poll(() => failed).toEqual([new Error('too late')]);
});

import { expect, test } from 'vitest';
import type { Shares } from './caller-queues.ts';
import { FairTurns } from './fair-turns.ts';

const ONE = { atOnce: 1, perCommon: 1, perCaller: 1 };

/** Turns that last until they are ended, in the order in which they began. */
function watched(turns: FairTurns) {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (...shares: Shares) =>
    turns.run(shares, () => {
      begun.push(shares.at(-1) ?? '');
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  const endFirst = async () => {
    ends.shift()?.();
    await new Promise(setImmediate);
  };
  return { begun, ask, endFirst };
}

test('no more are under way than may be, in all and of one caller', async () => {
  const { begun, ask, endFirst } = watched(new FairTurns({ ...ONE, atOnce: 3, perCaller: 2 }));
  for (const caller of ['a', 'a', 'a', 'b', 'b']) void ask(caller);
  expect(begun).toEqual(['a', 'a', 'b']);
  await endFirst();
  expect(begun).toHaveLength(4);
});

test('whoever asks many times at once is served in rotation with the others', async () => {
  const { begun, ask, endFirst } = watched(new FairTurns(ONE));
  for (const caller of ['a', 'a', 'a', 'a', 'b', 'c', 'b']) void ask(caller);
  for (let turn = 0; turn < 7; turn += 1) await endFirst();
  expect(begun.join('')).toBe('aabcaba');
});

test('of a common share no more are under way than its callers may have together', async () => {
  const turns = new FairTurns({ atOnce: 9, perCommon: 2, perCaller: 1 });
  const { begun, ask, endFirst } = watched(turns);
  for (const caller of ['x', 'x', 'y', 'z']) void ask('all', caller);
  void ask('a');
  expect(begun).toEqual(['x', 'y', 'a']);
  await endFirst();
  await endFirst();
  expect(begun.slice(3).sort()).toEqual(['x', 'z']);
});

test('a turn that fails ends all the same, and its failure is told', async () => {
  const turns = new FairTurns(ONE);
  const failed = turns.run(['a'], () => Promise.reject(new Error('failed')));
  await expect(failed).rejects.toThrow('failed');
  expect(await turns.run(['a'], async () => 'done')).toBe('done');
});

import { expect, test } from 'vitest';
import { TurnRotation } from './turn-rotation.ts';

const nextTurn = () => new Promise(setImmediate);

/** A rotation, and the callers whose requests have begun, in that order. */
function watched(perTurn: number) {
  const rotation = new TurnRotation(perTurn);
  const begun: string[] = [];
  const ask = async (caller: string) => {
    await rotation.turnOf([caller]);
    begun.push(caller);
  };
  return { rotation, begun, ask };
}

test('what fits in a turn of the loop begins at once', () => {
  const rotation = new TurnRotation(2);
  expect([rotation.turnOf(['a']), rotation.turnOf(['a'])]).toEqual([undefined, undefined]);
  expect(rotation.turnOf(['a'])).toBeInstanceOf(Promise);
});

test('no more begin in one turn than may', async () => {
  const { begun, ask } = watched(2);
  for (let asked = 0; asked < 5; asked += 1) void ask('a');
  const counts: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    await Promise.resolve();
    counts.push(begun.length);
    await nextTurn();
  }
  expect([counts[0], begun.length]).toEqual([2, 5]);
});

test('whoever asks many times at once is served in rotation with the others', async () => {
  const { begun, ask } = watched(1);
  const all = ['a', 'a', 'a', 'a', 'b', 'c', 'b'].map(ask);
  await Promise.all(all);
  expect(begun.join('')).toBe('aabcaba');
});

test('who comes while others wait does not pass them', async () => {
  const { begun, ask } = watched(1);
  const before = [ask('a'), ask('a'), ask('a')];
  await nextTurn();
  await Promise.all([...before, ask('b')]);
  expect(begun.slice(0, 2)).toEqual(['a', 'a']);
  expect(begun).toHaveLength(4);
});

test('what is asked for after a pause begins at once again', async () => {
  const { rotation, ask } = watched(1);
  await Promise.all([ask('a'), ask('a')]);
  await nextTurn();
  await nextTurn();
  expect(rotation.turnOf(['a'])).toBeUndefined();
});

test('one that weighs more than a turn takes the turns after it too, and then it is over', async () => {
  const rotation = new TurnRotation(2);
  expect(rotation.turnOf(['a'], 6)).toBeUndefined();
  let begun = false;
  const light = Promise.resolve(rotation.turnOf(['b'])).then(() => {
    begun = true;
  });
  const turns: boolean[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    turns.push(begun);
    await nextTurn();
  }
  await light;
  expect(turns).toEqual([false, false, false, begun]);
  await nextTurn();
  expect(rotation.turnOf(['a'])).toBeUndefined();
});

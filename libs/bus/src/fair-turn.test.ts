import { expect, test } from 'vitest';
import { FairTurn } from './fair-turn.ts';

test('a loop whose input never ends lets timers in', async () => {
  const turn = new FairTurn();
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 0);
  const giveUp = performance.now() + 10_000;
  // Each round is a microtask, as a message is that waits in a socket already.
  while (!fired && performance.now() < giveUp) await turn.next();
  expect(fired).toBe(true);
});

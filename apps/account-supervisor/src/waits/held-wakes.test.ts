import { accountName } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { HeldWakes } from './held-wakes.ts';

const [A, B] = [accountName('site_a'), accountName('site_b')];

function handedOver(wakes: HeldWakes): string[][] {
  const woken: string[][] = [];
  wakes.handTo((names) => woken.push([...names]));
  return woken;
}

test('a wake before there is a loop is held until there is one, however often it came', () => {
  const wakes = new HeldWakes();
  for (const name of [A, B, A]) wakes.wake(name);
  const woken = handedOver(wakes);
  expect(woken).toEqual([[A, B]]);
});

test('once there is a loop, each wake reaches it at once', () => {
  const wakes = new HeldWakes();
  const woken = handedOver(wakes);
  wakes.wake(A);
  wakes.wake(A);
  expect(woken).toEqual([[A], [A]]);
});

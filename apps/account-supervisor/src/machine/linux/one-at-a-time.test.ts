import { expect, test } from 'vitest';
import { OneAtATime } from './one-at-a-time.ts';

/** Work that goes on until it is told to end. */
function work() {
  let end = (): void => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { done: () => done, end };
}

test('who waits until all is idle waits for what was asked for before, however it ends', async () => {
  const things = new OneAtATime();
  const [first, second] = [work(), work()];
  const order: string[] = [];
  const failing = things.run(first.done).then(() => Promise.reject(new Error('no luck')));
  const last = things.run(second.done).then(() => order.push('last'));
  const idle = things.idle(60_000).then(() => order.push('idle'));
  first.end();
  await expect(failing).rejects.toThrow('no luck');
  second.end();
  await Promise.all([last, idle]);
  expect(order).toEqual(['last', 'idle']);
});

test('what never ends is not waited for longer than that', async () => {
  const things = new OneAtATime();
  void things.run(work().done);
  await expect(things.idle(1)).resolves.toBeUndefined();
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CallerQueues, type Shares } from './caller-queues.ts';

/** The order in which what was added is served: the names of the callers. */
function served(callers: readonly Shares[]): readonly (string | undefined)[] {
  const queues = new CallerQueues<object>();
  for (const shares of callers) queues.add(shares, {});
  const order: (string | undefined)[] = [];
  while (!queues.isEmpty) order.push(queues.take(() => true)?.shares.at(-1));
  return order;
}

test('callers take turns, and so do those of a common share in the turns of that', () => {
  const order = served([['all', 'x'], ['all', 'x'], ['all', 'y'], ['a'], ['a'], ['all', 'b', 'z']]);
  expect(order).toEqual(['x', 'a', 'y', 'a', 'z', 'x']);
});

test('who comes last of a thousand in a common share delays nobody outside it by more than one', () => {
  const many = Array.from({ length: 1000 }, (_, at): Shares => ['all', `uid ${at}`]);
  expect(served([...many, ['a']]).indexOf('a')).toBe(1);
});

test('whom one may not serve now is passed over, in a common share too', () => {
  const queues = new CallerQueues<object>();
  for (const shares of [['all', 'x'], ['all', 'y'], ['a']] as const) queues.add(shares, {});
  const take = (...not: readonly string[]) =>
    queues.take((shares) => !not.some((name) => shares.includes(name)))?.shares.at(-1);
  expect([take('x'), take('all'), take('x'), take()]).toEqual(['y', 'a', undefined, 'x']);
});

test('all that was added is served once, each caller’s in its order, and then nothing waits', () => {
  const caller = fc.constantFrom<Shares>(
    ['a'],
    ['b'],
    ['all', 'x'],
    ['all', 'b1', 'y'],
    ['all', 'b1', 'z'],
  );
  fc.assert(
    fc.property(fc.array(caller), (callers) => {
      const queues = new CallerQueues<{ readonly at: number }>();
      callers.forEach((shares, at) => {
        queues.add(shares, { at });
      });
      for (const shares of callers) {
        const count = callers.filter((other) => other === shares).length;
        expect(queues.lengthOf(shares)).toBe(count);
      }
      const last = new Map<string | undefined, number>();
      for (let taken = 0; taken < callers.length; taken += 1) {
        const next = queues.take(() => true);
        const own = next?.shares.at(-1);
        expect(next?.item.at).toBeGreaterThan(last.get(own) ?? -1);
        last.set(own, next?.item.at ?? 0);
      }
      expect([queues.isEmpty, queues.take(() => true)]).toEqual([true, undefined]);
    }),
  );
});

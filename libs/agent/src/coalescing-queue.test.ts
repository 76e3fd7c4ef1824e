import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CoalescingQueue } from './coalescing-queue.ts';

test('a subject that is woken twice is taken once', () => {
  const queue = new CoalescingQueue<string>();
  queue.add('a');
  queue.add('a');
  expect([queue.take(), queue.take()]).toEqual(['a', undefined]);
});

test('a subject that is being worked on is not taken again before that is done', () => {
  const queue = new CoalescingQueue<string>();
  queue.add('a');
  queue.take();
  queue.add('a');
  expect(queue.take()).toBeUndefined();
  queue.done('a', true);
  expect(queue.take()).toBe('a');
});

test('subjects are taken in the order in which they were woken', () => {
  const queue = new CoalescingQueue<string>();
  for (const key of ['c', 'a', 'b', 'c']) queue.add(key);
  expect([queue.take(), queue.take(), queue.take()]).toEqual(['c', 'a', 'b']);
});

test('unfinished work waits again with the mark that it had', () => {
  const queue = new CoalescingQueue<string>();
  queue.add('a', 3);
  queue.take();
  queue.add('a', 7);
  queue.done('a', false);
  expect(queue.oldestMark()).toBe(3);
});

test('a retry, which carries no mark, does not hold the marks back', () => {
  const queue = new CoalescingQueue<string>();
  queue.add('a');
  expect([queue.busy, queue.oldestMark()]).toEqual([1, undefined]);
});

test('whatever happens, nothing that was woken is lost and nobody works twice on one subject', () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const act = fc.oneof(
    fc.record({ act: fc.constant('add' as const), key }),
    fc.record({ act: fc.constant('take' as const), key }),
    fc.record({ act: fc.constant('done' as const), key }),
  );
  fc.assert(
    fc.property(fc.array(act), (acts) => {
      const queue = new CoalescingQueue<string>();
      const owed = new Set<string>();
      const active = new Set<string>();
      for (const { act, key } of acts) {
        if (act === 'add') {
          queue.add(key);
          owed.add(key);
        } else if (act === 'take') {
          const taken = queue.take();
          if (taken === undefined) continue;
          expect(active.has(taken)).toBe(false);
          active.add(taken);
          owed.delete(taken);
        } else if (active.delete(key)) queue.done(key, true);
      }
      for (const key of active) queue.done(key, true);
      const rest: (string | undefined)[] = [];
      for (let taken = queue.take(); taken !== undefined; taken = queue.take()) rest.push(taken);
      expect(new Set(rest)).toEqual(owed);
    }),
  );
});

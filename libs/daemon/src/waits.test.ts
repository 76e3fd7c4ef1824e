import { expect, test, vi } from 'vitest';
import { hasChanged, type Reading, Waits } from './waits.ts';

/** Waits for signs `disk` and `user` of which the test says what they read, and when it is later. */
function someWaits() {
  const shown = new Map<string, Reading | Promise<Reading> | Error>([
    ['disk', [100, 100]],
    ['user', 'bob'],
  ]);
  const look = (name: string) => async () => {
    const reading = shown.get(name) ?? '';
    if (reading instanceof Error) throw reading;
    return reading;
  };
  const woken: string[] = [];
  const due: (() => void)[] = [];
  let nowMs = 0;
  const waits = new Waits<string, 'disk' | 'user'>({
    signs: { disk: look('disk'), user: look('user') },
    wake: (subjects) => woken.push(...subjects),
    after: (_ms, action) => {
      due.push(action);
      return () => void due.splice(due.indexOf(action) >>> 0, 1);
    },
    monotonicMs: () => nowMs,
  });
  /** An attempt that fails. */
  async function fails(subject: string, ...signs: readonly ('disk' | 'user')[]): Promise<void> {
    nowMs += 1000;
    await waits.begins(subject);
    waits.failed(subject, signs);
  }
  /** The next look, if there is to be one. */
  async function nextLook(): Promise<void> {
    const before = due.shift();
    before?.();
    await vi.waitFor(() => expect(due.length).toBe(waits.size > 0 ? 1 : 0), { timeout: 5000 });
  }
  return { shown, waits, woken, due, fails, nextLook };
}

test('only those are woken that wait for the sign that has changed', async () => {
  const { shown, woken, fails, nextLook } = someWaits();
  await fails('a', 'user');
  await fails('b', 'disk');
  shown.set('user', 'nobody');
  await nextLook();
  expect(woken).toEqual(['a']);
  await nextLook();
  expect(woken).toEqual(['a']);
});

test('what is mended while the attempt still runs ends the wait too', async () => {
  const { shown, waits, woken, nextLook } = someWaits();
  await waits.begins('a');
  shown.set('user', 'nobody');
  waits.failed('a', ['user']);
  await nextLook();
  expect(woken).toEqual(['a']);
});

test('nothing is looked at while nobody waits for a sign', async () => {
  const { waits, due, fails, nextLook } = someWaits();
  await fails('a');
  expect(due).toEqual([]);
  await fails('a', 'user');
  expect(due).toHaveLength(1);
  waits.works('a');
  await nextLook();
  expect(due).toEqual([]);
});

test('a sign that hangs holds up no attempt, and counts when it answers again', async () => {
  const { shown, woken, fails, nextLook } = someWaits();
  let answer = (_reading: string): void => {};
  shown.set('user', new Promise((resolve) => (answer = resolve)));
  await fails('a', 'user');
  answer('bob');
  shown.set('user', 'bob');
  await nextLook();
  expect(woken).toEqual(['a']);
});

test('a look that takes too long on a busy machine is no change', async () => {
  const { shown, woken, fails, nextLook } = someWaits();
  await fails('a', 'user');
  let answer = (_reading: string): void => {};
  shown.set('user', new Promise((resolve) => (answer = resolve)));
  await nextLook();
  await fails('b', 'user');
  answer('bob');
  shown.set('user', 'bob');
  await nextLook();
  expect(woken).toEqual([]);
  shown.set('user', 'nobody');
  await nextLook();
  expect(woken).toEqual(['a', 'b']);
});

test('a sign that cannot be looked at reads as that, and changes when it can', async () => {
  const { shown, woken, fails, nextLook } = someWaits();
  shown.set('user', new Error('quota is off'));
  await fails('a', 'user');
  await nextLook();
  expect(woken).toEqual([]);
  shown.set('user', 'on');
  await nextLook();
  expect(woken).toEqual(['a']);
});

test('after the end nobody is woken', async () => {
  const { shown, waits, woken, due, fails } = someWaits();
  await fails('a', 'user');
  shown.set('user', 'nobody');
  waits.stop();
  await fails('b', 'user');
  expect([woken, due]).toEqual([[], []]);
});

test.each([
  ['another text', 'a', 'b', true],
  ['the same text', 'a', 'a', false],
  ['more of either amount', [10, 10], [10, 90], true],
  ['what a failed attempt gives back', [10, 10], [40, 20], false],
  ['less', [500, 500], [10, 10], false],
  ['an amount where there was an error', 'does not answer', [10], true],
  ['no answer', [10], 'does not answer', false],
] as const)('%s: a change is told from none', (_what, before, now, changed) => {
  expect(hasChanged(before, now)).toBe(changed);
});

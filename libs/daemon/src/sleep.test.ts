import { expect, test } from 'vitest';
import { sleep } from './sleep.ts';

const never = () => new AbortController().signal;

test('a sleep ends after its time, and says that it slept through', async () => {
  expect(await sleep(1, never())).toBe(true);
});

test('a sleep of no time, or of less than none, ends', async () => {
  expect(await sleep(0, never())).toBe(true);
  expect(await sleep(-5, never())).toBe(true);
});

test('a sleep ends early when the daemon stops, and says so', async () => {
  const stop = new AbortController();
  const slept = sleep(1e6, stop.signal);
  stop.abort();
  expect(await slept).toBe(false);
});

test('no sleep begins once the daemon has been told to stop', async () => {
  expect(await sleep(1e6, AbortSignal.abort())).toBe(false);
});

test.each([2 ** 31, 365 * 86_400_000])(
  'a sleep of %d ms, more than a timer takes, does not end at once',
  async (ms) => {
    const stop = new AbortController();
    const warned: unknown[] = [];
    const onWarning = (warning: unknown) => warned.push(warning);
    process.on('warning', onWarning);
    const slept = sleep(ms, stop.signal);
    const outcome = await Promise.race([slept, sleep(50, never()).then(() => 'still asleep')]);
    expect(outcome).toBe('still asleep');
    stop.abort();
    expect(await slept).toBe(false);
    process.off('warning', onWarning);
    expect(warned).toEqual([]);
  },
);

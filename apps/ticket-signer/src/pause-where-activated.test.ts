import { expect, test } from 'vitest';
import { pauseWhereActivated } from './pause-where-activated.ts';

const PID = 4711;
const activated = { LISTEN_PID: String(PID), LISTEN_FDS: '1' };
const never = new AbortController().signal;

/** A clock that stands still: only an abort ends a wait. */
const untilAborted = (_ms?: number, _value?: unknown, options?: { signal?: AbortSignal }) =>
  new Promise<never>((_, reject) => {
    const { signal } = options ?? {};
    const end = () => reject(new Error('aborted'));
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end);
  });

test.each([
  ['nothing is handed over', {}],
  ['the sockets are another process’s', { ...activated, LISTEN_PID: '4712' }],
])('where %s there is no pause', async (_what, env) => {
  expect(await pauseWhereActivated(env, PID, never, untilAborted)).toBe('paused');
});

test('where systemd has handed over a socket, some seconds pass', async () => {
  const waits: number[] = [];
  const wait = async (ms = 0) => {
    waits.push(ms);
  };
  expect(await pauseWhereActivated(activated, PID, never, wait)).toBe('paused');
  expect(waits).toEqual([10_000]);
});

test('told to stop, it pauses no longer', async () => {
  const stop = new AbortController();
  const paused = pauseWhereActivated(activated, PID, stop.signal, untilAborted);
  stop.abort();
  expect(await paused).toBe('told to stop');
});

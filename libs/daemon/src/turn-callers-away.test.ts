import { expect, test } from 'vitest';
import { turnCallersAway } from './turn-callers-away.ts';

const PID = 4711;
const stopped = AbortSignal.abort();

test.each([
  ['nothing is handed over', {}],
  ['the sockets are another process’s', { LISTEN_PID: '4712', LISTEN_FDS: '1' }],
  ['what is handed over makes no sense', { LISTEN_PID: String(PID), LISTEN_FDS: 'many' }],
])('where %s there is no pause', async (_what, env) => {
  expect(await turnCallersAway(env, PID, { stop: new AbortController().signal })).toBe('paused');
});

test('told to stop, a service that callers wait for pauses no longer', async () => {
  const env = { LISTEN_PID: String(PID), LISTEN_FDS: '1' };
  expect(await turnCallersAway(env, PID, { stop: stopped })).toBe('told to stop');
});

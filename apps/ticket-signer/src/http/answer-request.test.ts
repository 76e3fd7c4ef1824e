import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FairTurns } from '@nodemgr/daemon';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { type AnswerOptions, answerRequest } from './answer-request.ts';
import { MAX_WAIT_MS } from './http-bounds.ts';
import { RefusalLog } from './refusal-log.ts';

// Nothing here looks into it: what may be signed is for `sign` to say.
const GRANT = {} as never;

/** A server whose every connection is let in as the caller that its path's query names. */
async function startServer(options: Partial<AnswerOptions>) {
  const refusals = new RefusalLog({ log: pino({ level: 'silent' }), monotonic: () => 0 });
  const turns = new FairTurns({ atOnce: 1, perCommon: 1, perCaller: 1 });
  const sign = (body: Buffer) => ({ status: 200, ticket: body.toString() }) as const;
  const all = { maxBodyBytes: 100, turns, monotonic: () => 0, refusals, sign, ...options };
  const server = createServer((request, response) => {
    const caller = String(request.headers['x-caller']);
    const admitted = { caller, who: caller, grant: GRANT, place: 'served' } as const;
    void answerRequest({ request, response, admitted, expectsContinue: false }, all);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return (caller: string, body: string) =>
    fetch(`http://127.0.0.1:${port}/sign`, {
      method: 'POST',
      body,
      headers: { 'x-caller': caller },
    });
}

test('callers have theirs signed in rotation: who asks for many delays mostly itself', async () => {
  const signed: string[] = [];
  const turns = new FairTurns({ atOnce: 1, perCommon: 1, perCaller: 1 });
  let begin = (): void => undefined;
  const held = turns.run(['held'], () => new Promise<void>((resolve) => (begin = resolve)));
  const ask = await startServer({
    turns,
    sign: (body) => {
      signed.push(body.toString());
      return { status: 200, ticket: 'ticket' };
    },
  });
  const greedy = ['a1', 'a2', 'a3'].map((body) => ask('a', body));
  await expect.poll(() => turns.waiting(['a'])).toBe(3);
  const other = ask('b', 'b1');
  await expect.poll(() => turns.waiting(['b'])).toBe(1);
  begin();
  await Promise.all([held, ...greedy, other]);
  expect(signed.indexOf('b1')).toBe(1);
});

test('what has waited for too long is told to come back, and nothing is signed', async () => {
  const times = [0, MAX_WAIT_MS + 1];
  const ask = await startServer({
    monotonic: () => times.shift() ?? 0,
    sign: () => expect.fail('it was signed'),
  });
  const answer = await ask('a', 'late');
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
});

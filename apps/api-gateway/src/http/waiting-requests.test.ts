import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { WaitingRequests } from './waiting-requests.ts';

type Parts = Pick<IncomingMessage, 'rawHeaders' | 'url' | 'headers' | 'complete'>;

function aRequest({ headerBytes = 100, bodyBytes = 0, complete = true } = {}): IncomingMessage {
  const headers = { 'content-length': String(bodyBytes) };
  const parts: Parts = { rawHeaders: ['X', 'y'.repeat(headerBytes)], url: '/', headers, complete };
  // Nothing else of it is looked at.
  return parts as IncomingMessage;
}

function admitted(request: IncomingMessage, most = 1000): number {
  const waiting = new WaitingRequests();
  let count = 0;
  while (count < most && waiting.admit(request)) count += 1;
  return count;
}

test('a hundred small requests may wait', () => {
  expect(admitted(aRequest({ bodyBytes: 300 }))).toBe(100);
});

test('fewer may when they are large, by their headers or by what is read ahead of their bodies', () => {
  // Beside the first, which has bounds of its own.
  expect(admitted(aRequest({ headerBytes: 15 << 10 }))).toBe(1 + 17);
  expect(admitted(aRequest({ bodyBytes: 1 << 20 }))).toBe(1 + 15);
});

test('room is made by those that are done', () => {
  const waiting = new WaitingRequests();
  const large = aRequest({ headerBytes: 15 << 10 });
  while (waiting.admit(large));
  for (let done = 0; done < 18; done += 1) waiting.done();
  let again = 0;
  while (waiting.admit(large)) again += 1;
  expect(again).toBe(18);
});

test('the last one that has not come whole is told from others', () => {
  const waiting = new WaitingRequests();
  expect(waiting.isLastUnread).toBe(true);
  waiting.admit(aRequest({ complete: false }));
  expect(waiting.isLastUnread).toBe(true);
  waiting.done();
  waiting.admit(aRequest());
  expect(waiting.isLastUnread).toBe(false);
});

import { expect, test } from 'vitest';
import { judgeCoding, judgeForm } from './judge-head.ts';

const head = (changes: object = {}) => ({
  httpVersion: '1.1',
  rawHeaders: ['Host', 'x'],
  headers: {},
  ...changes,
});

test('a head with more fields than are allowed is refused with their number', () => {
  const rawHeaders = Array<string>(6).fill('x');
  expect(judgeForm(head({ rawHeaders }), 3)).toBeUndefined();
  expect(judgeForm(head({ rawHeaders }), 2)).toEqual({
    status: 431,
    why: 'a request has at most 2 header fields',
  });
});

test('HTTP/1.0 with a Transfer-Encoding is refused, for its length is not certain', () => {
  const headers = { 'transfer-encoding': 'chunked' };
  expect(judgeForm(head({ headers }), 9)).toBeUndefined();
  expect(judgeForm(head({ headers, httpVersion: '1.0' }), 9)?.status).toBe(400);
});

test('a compressed body is refused with the coding that is taken', () => {
  for (const coding of [undefined, '', 'identity', 'IDENTITY']) {
    expect(judgeCoding(head({ headers: { 'content-encoding': coding } }))).toBeUndefined();
  }
  expect(judgeCoding(head({ headers: { 'content-encoding': 'gzip' } }))).toMatchObject({
    status: 415,
    headers: { 'Accept-Encoding': 'identity' },
  });
});

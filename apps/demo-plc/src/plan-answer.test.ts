import { describe, expect, test } from 'vitest';
import { planAnswer, planRefusal, ticketAskedFor } from './plan-answer.ts';

const document = { hash: 'abc', modifiedAt: new Date('2026-01-01T00:00:00.700Z') };
const get = (headers: Record<string, string> = {}) =>
  planAnswer({ method: 'GET', url: '/slices.xml', headers }, document);

describe('the document', () => {
  test.each([
    ['br, gzip', 'br'],
    ['gzip;q=0.5, deflate', 'gzip'],
    ['br;q=0, GZIP', 'gzip'],
    ['gzip;q=0.0', 'identity'],
    ['', 'identity'],
  ])('accept-encoding: %s gets %s', (accepted, encoding) => {
    const plan = get({ 'accept-encoding': accepted });
    expect(plan).toMatchObject({ status: 200, body: encoding });
    expect(plan.headers['content-encoding'] ?? 'identity').toBe(encoding);
  });

  test.each([
    ['the tag', { 'if-none-match': '"abc-identity"' }, 304],
    ['the tag among others', { 'if-none-match': '"x", W/"abc-identity"' }, 304],
    ['any tag', { 'if-none-match': '*' }, 304],
    ['another tag', { 'if-none-match': '"abd"' }, 200],
    ['the tag of another encoding', { 'if-none-match': '"abc-gzip"' }, 200],
    ['its date', { 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' }, 304],
    ['an earlier date', { 'if-modified-since': 'Wed, 31 Dec 2025 23:59:59 GMT' }, 200],
    ['no date', { 'if-modified-since': 'yesterday' }, 200],
    [
      'another tag, whatever the date',
      { 'if-none-match': '"x"', 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' },
      200,
    ],
  ])('who has %s gets it only when it has changed', (_what, headers, status) => {
    expect(get(headers).status).toBe(status);
  });

  test('without a document the client is told when to come back', () => {
    const asked = { method: 'GET', url: '/slices.xml', headers: {} };
    expect(planAnswer(asked, undefined)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
    });
  });
});

test.each([
  ['/tickets/mit_dht.xml', 'mit_dht'],
  ['/tickets/upmc.lip6_x.Nightly.xml?node=17', 'upmc.lip6_x.Nightly'],
  ['/tickets/a_b.xml.xml', 'a_b.xml'],
  ['/tickets/a-b_c.xml', undefined],
  ['/tickets/a/b_c.xml', undefined],
  [`/tickets/a_${'b'.repeat(31)}.xml`, undefined],
])('%s asks for the ticket of %s', (url, slice) =>
  expect(ticketAskedFor({ method: 'GET', url, headers: {} })).toBe(slice),
);

test('other paths are not found, other methods not allowed', () => {
  const refuse = (method: string, url: string) => planRefusal({ method, url, headers: {} });
  expect(refuse('GET', '/')?.status).toBe(404);
  expect(refuse('POST', '/slices.xml')).toMatchObject({
    status: 405,
    headers: { allow: 'GET, HEAD' },
  });
  expect(refuse('HEAD', '/slices.xml?node=17')).toBeUndefined();
});

import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { signNodeCall } from './authenticate.ts';
import { complaintOf } from './call.ts';

test('a call is signed with the node’s key over its arguments, of which there are none', () => {
  expect(signNodeCall(17, 'secret')).toEqual({
    AuthMethod: 'hmac',
    node_id: 17,
    value: createHmac('sha1', 'secret').update('[]').digest('hex'),
  });
});

test.each([
  [103, true, /^PLC does not accept this node’s key: fault 103: why$/],
  [108, true, /^PLC does not allow this node to ask: fault 108: why$/],
  [106, false, /^PLC cannot reach its own database: fault 106: why$/],
  [111, false, /^PLC has an internal error: fault 111: why$/],
  [999, false, /^PLC refuses GetSlivers: fault 999: why$/],
])('fault %i is told in its own words', (code, isOfKey, reason) => {
  expect(complaintOf(code, 'why')).toEqual({ isOfKey, reason: expect.stringMatching(reason) });
});

test('the text of a fault is one line, and not long', () => {
  const { reason } = complaintOf(1, `a\n\u0000b ${'x'.repeat(5000)}`);
  expect(reason).toMatch(/^PLC refuses GetSlivers: fault 1: a b x+$/);
  expect(reason.length).toBeLessThan(400);
});

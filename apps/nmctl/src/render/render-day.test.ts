import { expect, test } from 'vitest';
import { todayText } from './render-day.ts';

test('what was sent today is told for both kinds of networks, with its limit and what the rate is cut to', () => {
  expect(
    todayText({
      ordinary: {
        sent_bytes: 900_000_000,
        limit: { max_bytes: 1e9, threshold_bytes: 8e8 },
        cut: { rate: 18_518, since: 1 },
      },
      exempt: { sent_bytes: 0 },
    }),
  ).toBe('900 MB of 1 GB, cut to 18.52 kbit/s; to exempt networks 0 B');
  expect(todayText(undefined)).toBeUndefined();
});

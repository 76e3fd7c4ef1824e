import { bitsPerSecond, epochSeconds } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayAt } from '../desired/node-day.ts';
import { bytes } from '../limits/htb-class.ts';
import {
  type CutGrounds,
  type DayCut,
  decideCut,
  decideDay,
  describeCut,
  nextLookMs,
} from './plan-day.ts';

const RULE = { hour: 0, zone: 'UTC' };
const MIDNIGHT = 1_700_006_400;
const time = (seconds: number) => epochSeconds(MIDNIGHT + seconds);
const DAY = dayAt(time(0), RULE);
const LIMIT = { max: bytes(1_000_000_000), threshold: bytes(800_000_000) };

const grounds = (changes: Partial<CutGrounds> = {}): CutGrounds => ({
  day: DAY,
  sent: bytes(900_000_000),
  limit: LIMIT,
  before: undefined,
  now: time(43_200),
  clockTrusted: true,
  ...changes,
});

test('a day begins when the one before it is over, by a clock that is trusted', () => {
  const look = (seconds: number, clockTrusted = true) =>
    decideDay(DAY, { now: time(seconds), clockTrusted }, RULE, true);
  expect(look(86_399).turn).toBe('none');
  expect(look(86_400)).toEqual({ turn: 'begin', day: dayAt(time(86_400), RULE) });
  expect(look(86_400 * 400, false).turn).toBe('none');
  expect(look(-1, false).turn).toBe('none');
});

test('a clock that is set back forgives nothing: the count goes on for the day that it is', () => {
  const look = decideDay(DAY, { now: time(-90_000), clockTrusted: true }, RULE, true);
  expect(look).toEqual({ turn: 'keep', day: dayAt(time(-90_000), RULE) });
  const first = decideDay(undefined, { now: time(5), clockTrusted: true }, RULE, true);
  expect(first).toEqual({ turn: 'keep', day: DAY });
});

test('after a change of the configuration the day ends by the new rule, with what was counted', () => {
  const rule = { hour: 15, zone: 'UTC' };
  const look = (seconds: number) =>
    decideDay(DAY, { now: time(seconds), clockTrusted: true }, rule, false);
  expect(look(43_200)).toEqual({ turn: 'keep', day: dayAt(time(43_200), rule) });
  expect(look(90_000).turn).toBe('begin');
});

test('up to the threshold nothing is cut; past it what is left is spread over the rest of the day', () => {
  expect(decideCut(grounds({ sent: LIMIT.threshold }))).toBeUndefined();
  expect(decideCut(grounds({ limit: undefined }))).toBeUndefined();
  expect(decideCut(grounds())?.rate).toBe(Math.floor((100_000_000 * 8) / 43_200));
  expect(decideCut(grounds({ sent: bytes(2e9) }))?.rate).toBe(8);
});

test('a rate is worked out anew after a minute, and when the limit is another', () => {
  const before = decideCut(grounds());
  const later = (seconds: number, changes: Partial<CutGrounds> = {}) =>
    decideCut(
      grounds({ before, now: time(43_200 + seconds), sent: bytes(950_000_000), ...changes }),
    );
  expect(later(59)).toBe(before);
  expect(later(60)?.rate).toBeLessThan((before?.rate ?? 0) * 0.6);
  expect(later(60)?.since).toBe(before?.since);
  expect(later(60, { sent: bytes(900_500_000) })).toBe(before);
  const limit = { max: bytes(2e9), threshold: bytes(1) };
  expect(later(1, { limit })).toMatchObject({ limit, since: time(43_201) });
});

test('while the clock is not trusted a rate stays as it is, and a new one would last for a whole day', () => {
  const before = decideCut(grounds());
  const untrusted = { clockTrusted: false, now: time(999_999) };
  expect(decideCut(grounds({ ...untrusted, before }))).toBe(before);
  expect(decideCut(grounds(untrusted))?.rate).toBe(Math.floor((100_000_000 * 8) / 86_400));
});

test('a sliver that sends all that it may ends the day within its limit, and a minute of what it had at the worst', () => {
  const paces = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
    minLength: 1,
    maxLength: 9,
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 80_000 }), paces, (start, use) => {
      let sent = LIMIT.threshold + 1;
      let cut: DayCut | undefined;
      for (let second = start; second < 86_400; second += 60) {
        cut = decideCut(grounds({ sent: bytes(sent), before: cut, now: time(second) }));
        const rest = Math.min(60, 86_400 - second);
        sent += Math.floor(((cut?.rate ?? 0) / 8) * rest * (use[second % use.length] ?? 1));
      }
      // A change that is worth none leaves the rate up to 2% too high.
      expect(sent).toBeLessThan(LIMIT.max * 1.005);
    }),
    { numRuns: 50 },
  );
});

test('a cut and its end are in the history with the numbers, and a rate that is only worked out anew is not', () => {
  const at = grounds();
  const cut = decideCut(at);
  expect(describeCut('ordinary', at, cut, false)).toEqual({
    what: 'rate-cut',
    why:
      '900 MB sent since 2023-11-15T00:00:00Z, of 1 GB a day (nm_net_max_byte), past the threshold of 800 MB: ' +
      'cut to 18.52 kbit/s until 2023-11-16T00:00:00Z',
    by: { kind: 'bwcap-agent' },
    resources: ['nm_net_max_byte', 'nm_net_max_thresh_byte'],
  });
  const later = grounds({ before: cut, now: time(50_000), sent: bytes(950_000_000) });
  const again = decideCut(later);
  expect(again).not.toBe(cut);
  expect(describeCut('ordinary', later, again, false)).toBeUndefined();
  const whyOver = (changes: Partial<CutGrounds>, isNewDay: boolean) =>
    describeCut('exempt', grounds({ before: cut, ...changes }), undefined, isNewDay)?.why;
  expect(whyOver({ sent: bytes(0) }, true)).toBe(
    'nm_net_max_exempt_byte: the rate to exempt networks is whole again: another day has begun, of 1 GB',
  );
  expect(whyOver({ limit: undefined }, false)).toMatch(/there is no limit any more$/);
  expect(whyOver({ limit: { max: bytes(3e9), threshold: bytes(2e9) } }, false)).toMatch(
    /900 MB were sent today, and the threshold is 2 GB now$/,
  );
});

test('the counters are read before a threshold can be reached, once a second at the most', () => {
  const leaf = (sent: number, ceiling: number) => ({
    sent: bytes(sent),
    limit: LIMIT,
    ceiling: bitsPerSecond(ceiling),
  });
  expect(nextLookMs([], Infinity)).toBe(30_000);
  expect(nextLookMs([leaf(0, 8)], Infinity)).toBe(10_000);
  expect(nextLookMs([leaf(500_000_000, 1e9)], Infinity)).toBe(2400);
  expect(nextLookMs([leaf(799_999_999, 1e9)], Infinity)).toBe(1000);
  expect(nextLookMs([leaf(900_000_000, 1e9)], Infinity)).toBe(10_000);
  expect(nextLookMs([], 7000)).toBe(7000);
});

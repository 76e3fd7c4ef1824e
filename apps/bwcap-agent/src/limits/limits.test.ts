import { bitsPerSecond, type Rspec } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, expectTypeOf, test } from 'vitest';
import { rateForRest } from './day-bytes.ts';
import { type Bytes, bytes, htbClass } from './htb-class.ts';
import { type NetResource, NO_CUT, scaleOf } from './limit.ts';
import { LIMITS, leavesFor, type Unenforced } from './limits.ts';
import { minRateOf } from './min-rate.ts';
import { MAX_SHARE, quantumOf } from './share.ts';

const LINK = bitsPerSecond(1_000_000_000);
const MTU = bytes(1500);
const FRAME = bytes(1514);
const SCALE = scaleOf(LINK, MTU);
const TERMS = { scale: SCALE, cut: NO_CUT };
const classOf = (rate: number, ceil: number, frame: Bytes = FRAME) =>
  htbClass({ rate: bitsPerSecond(rate), ceil: bitsPerSecond(ceil), quantum: FRAME }, frame);

test('every resource of this agent is a limit, and a table without one does not compile', () => {
  expectTypeOf<Unenforced<typeof LIMITS>>().toEqualTypeOf<never>();
  expectTypeOf<
    Unenforced<typeof LIMITS, NetResource | 'nm_net_new'>
  >().toEqualTypeOf<'nm_net_new'>();
  const { ordinary } = LIMITS;
  const withoutExempt = { ordinary, exempt: ordinary };
  expectTypeOf<Unenforced<typeof withoutExempt>>().toEqualTypeOf<
    | 'nm_net_exempt_min_rate'
    | 'nm_net_exempt_max_rate'
    | 'nm_net_max_exempt_byte'
    | 'nm_net_max_thresh_exempt_byte'
  >();
});

const wild = fc.oneof(fc.integer({ min: -5, max: 20 }), fc.maxSafeInteger());
const link = fc.integer({ min: 8, max: 1e12 }).map(bitsPerSecond);

test('a rate is at least 8 bit/s, a ceiling at least the rate, and no more than the link', () => {
  const rspecs: fc.Arbitrary<Rspec> = fc.record({
    nm_net_min_rate: wild,
    nm_net_max_rate: wild,
    nm_net_exempt_min_rate: wild,
    nm_net_exempt_max_rate: wild,
    nm_net_share: wild,
  });
  fc.assert(
    fc.property(rspecs, link, (rspec, speed) => {
      const scale = scaleOf(speed, MTU);
      for (const leaf of Object.values(leavesFor(rspec, { scale, cut: NO_CUT }))) {
        expect(leaf.rate).toBeGreaterThanOrEqual(8);
        expect(leaf.ceil).toBeGreaterThanOrEqual(leaf.rate);
        expect(leaf.ceil).toBeLessThanOrEqual(speed);
        expect(leaf.quantum).toBeLessThanOrEqual(MAX_SHARE * scale.turn.exempt);
      }
    }),
  );
});

test('a min rate above the max rate does not lift the ceiling, nor does one whose max rate was lent away', () => {
  const rspec = { nm_net_min_rate: 5_000_000, nm_net_exempt_min_rate: 5_000_000 };
  const above = leavesFor(
    { ...rspec, nm_net_max_rate: 2_000_000, nm_net_exempt_max_rate: 3_000_000 },
    TERMS,
  );
  expect([above.ordinary.rate, above.ordinary.ceil]).toEqual([2_000_000, 2_000_000]);
  expect([above.exempt.rate, above.exempt.ceil]).toEqual([3_000_000, 3_000_000]);
  const lent = leavesFor({ ...rspec, nm_net_max_rate: 0 }, TERMS);
  expect([lent.ordinary.rate, lent.ordinary.ceil]).toEqual([8, 8]);
});

test('a sliver is promised no more than its own ceiling, so that others lose nothing to it', () => {
  const rspec = { nm_net_min_rate: 5_000_000, nm_net_max_rate: 2_000_000 };
  expect(minRateOf(rspec, 'ordinary', LINK)).toBe(2_000_000);
});

test('all numbers are whole and positive, and no burst lasts longer than HTB can count', () => {
  fc.assert(
    fc.property(link, link, (rate, ceil) => {
      const made = classOf(rate, ceil);
      for (const value of Object.values(made)) {
        expect(Number.isSafeInteger(value) && value > 0).toBe(true);
      }
      expect([made.rate % 8, made.ceil % 8]).toEqual([0, 0]);
      expect(made.burst / (made.rate / 8)).toBeLessThanOrEqual(200);
      expect(made.cburst / (made.ceil / 8)).toBeLessThanOrEqual(200);
    }),
  );
});

test('quanta are in proportion to shares, between one frame and a hundred shares', () => {
  const quantum = (share: number) => quantumOf(share, 'ordinary', SCALE);
  expect(quantum(2) / quantum(1)).toBe(2);
  expect([quantum(0), quantum(-3)]).toEqual([FRAME, FRAME]);
  expect(quantum(1e9)).toBe(MAX_SHARE * quantum(1));
});

test('a turn of one share is no shorter than the largest packet, but on a slow uplink, where none is so large', () => {
  expect(SCALE.turn).toEqual({ ordinary: 70_000, exempt: 70_000 });
  const slow = scaleOf(LINK, MTU, bitsPerSecond(10_000_000));
  expect(slow.turn).toEqual({ ordinary: 25_000, exempt: 70_000 });
  expect(scaleOf(bitsPerSecond(1000), MTU).turn.ordinary).toBe(4 * FRAME);
  expect(scaleOf(bitsPerSecond(1000), bytes(9000)).turn.ordinary).toBe(4 * 9014);
});

test('a burst is what the rate gives in four milliseconds, or two frames', () => {
  expect(classOf(LINK, LINK).burst).toBe(500_000);
  expect(classOf(1_000_000, LINK).burst).toBe(3028);
  expect(classOf(1_000_000, LINK, bytes(9014)).burst).toBe(18_028);
  expect(classOf(8, LINK).burst).toBe(200);
});

test('what a leaf is cut to for the day is its ceiling, within its own and never below what it is promised', () => {
  const rspec = { nm_net_max_rate: 5_000_000, nm_net_min_rate: 1_000_000 };
  const ceilOf = (rate: number) => {
    const dayRates = { ordinary: bitsPerSecond(rate) };
    const { ordinary, exempt } = leavesFor(rspec, { ...TERMS, dayRates });
    expect(exempt).toEqual(leavesFor(rspec, TERMS).exempt);
    return [ordinary.rate, ordinary.ceil];
  };
  expect(ceilOf(2_000_000)).toEqual([1_000_000, 2_000_000]);
  expect(ceilOf(8)).toEqual([1_000_000, 1_000_000]);
  expect(ceilOf(9_000_000)).toEqual([1_000_000, 5_000_000]);
});

test('without a threshold four fifths of a daily limit may be sent at any rate; one above the limit is the limit', () => {
  const { wanted } = LIMITS.ordinary.day;
  const of = (nm_net_max_byte: number, nm_net_max_thresh_byte = 0) =>
    wanted({ nm_net_max_byte, nm_net_max_thresh_byte });
  expect(of(1000)).toEqual({ max: 1000, threshold: 800 });
  expect(of(1000, 10)).toEqual({ max: 1000, threshold: 10 });
  expect(of(1000, 5000)).toEqual({ max: 1000, threshold: 1000 });
  expect([of(0), of(0, 10), wanted({})]).toEqual([undefined, undefined, undefined]);
});

test('what is left of a daily limit lasts for what is left of the day, and nothing left is the least rate', () => {
  const limit = { max: bytes(86_400_000), threshold: bytes(1) };
  expect(rateForRest(limit, bytes(0), 86_400)).toBe(8000);
  expect(rateForRest(limit, bytes(43_200_000), 43_200)).toBe(8000);
  expect(rateForRest(limit, bytes(90_000_000), 43_200)).toBe(8);
  fc.assert(
    fc.property(fc.nat({ max: 90_000_000 }), fc.integer({ min: -9, max: 90_000 }), (sent, rest) => {
      const rate = rateForRest(limit, bytes(sent), rest);
      expect(rate).toBeGreaterThanOrEqual(8);
      const more = (rate / 8) * Math.max(0, rest);
      if (rate > 8) expect(sent + more).toBeLessThanOrEqual(limit.max);
    }),
  );
});

import { bitsPerSecond, type Rspec } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes } from '../observed/bandwidth-state.ts';
import {
  budgetOf,
  htbClass,
  MAX_SHARE,
  minRatesOf,
  NO_CUT,
  planLeaves,
  planTree,
  quantumOf,
  scaleOf,
} from './plan-classes.ts';

const LINK = bitsPerSecond(1_000_000_000);
const MTU = 1500;
const FRAME = bytes(1514);
const SCALE = scaleOf(LINK, MTU);
const classOf = (rate: number, ceil: number) => htbClass(rate, ceil, FRAME, FRAME);
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
      for (const leaf of Object.values(planLeaves(rspec, scale, NO_CUT))) {
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
  const above = planLeaves(
    { ...rspec, nm_net_max_rate: 2_000_000, nm_net_exempt_max_rate: 3_000_000 },
    SCALE,
    NO_CUT,
  );
  expect([above.ordinary.rate, above.ordinary.ceil]).toEqual([2_000_000, 2_000_000]);
  expect([above.exempt.rate, above.exempt.ceil]).toEqual([3_000_000, 3_000_000]);
  const lent = planLeaves({ ...rspec, nm_net_max_rate: 0 }, SCALE, NO_CUT);
  expect([lent.ordinary.rate, lent.ordinary.ceil]).toEqual([8, 8]);
});

test('a sliver is promised no more than its own ceiling, so that others lose nothing to it', () => {
  const promised = minRatesOf({ nm_net_min_rate: 5_000_000, nm_net_max_rate: 2_000_000 }, LINK);
  expect(promised.ordinary).toBe(2_000_000);
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
  expect(scaleOf(bitsPerSecond(1000), 9000).turn.ordinary).toBe(4 * 9014);
});

test('a burst is what the rate gives in four milliseconds, or two frames', () => {
  expect(classOf(LINK, LINK).burst).toBe(500_000);
  expect(classOf(1_000_000, LINK).burst).toBe(3028);
  expect(htbClass(1_000_000, LINK, FRAME, bytes(9014)).burst).toBe(18_028);
  expect(classOf(8, LINK).burst).toBe(200);
});

test('no cap is the speed of the link', () => {
  expect(planTree('eth0', SCALE).cap.ceil).toBe(LINK);
});

test('the cap is kept whatever is promised below it, and the exempt branch is not capped', () => {
  fc.assert(
    fc.property(link, link, (speed, cap) => {
      const tree = planTree('eth0', scaleOf(speed, MTU, cap), cap);
      expect(tree.cap.ceil).toBe(Math.floor(Math.min(cap, speed) / 8) * 8);
      expect(tree.cap.rate).toBeLessThanOrEqual(tree.cap.ceil);
      expect(tree.exempt.ceil).toBe(Math.floor(speed / 8) * 8);
      if (Math.min(cap, speed) < 10_000) return;
      expect(budgetOf(tree).ordinary + tree.node.rate).toBeLessThanOrEqual(tree.cap.ceil);
      expect(tree.cap.rate + tree.exempt.rate).toBeLessThanOrEqual(speed);
    }),
  );
});

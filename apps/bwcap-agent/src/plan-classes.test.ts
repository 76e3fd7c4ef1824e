import { bitsPerSecond, type Rspec } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  budgetOf,
  htbClass,
  MAX_QUANTUM,
  NO_CUT,
  planLeaves,
  planTree,
  QUANTUM_PER_SHARE,
  quantumOf,
} from './plan-classes.ts';

const LINK = bitsPerSecond(1_000_000_000);
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
      for (const leaf of Object.values(planLeaves(rspec, speed, NO_CUT))) {
        expect(leaf.rate).toBeGreaterThanOrEqual(8);
        expect(leaf.ceil).toBeGreaterThanOrEqual(leaf.rate);
        expect(leaf.ceil).toBeLessThanOrEqual(speed);
        expect(leaf.quantum).toBeLessThanOrEqual(MAX_QUANTUM);
      }
    }),
  );
});

test('all numbers are whole and positive, and no burst lasts longer than HTB can count', () => {
  fc.assert(
    fc.property(link, link, (rate, ceil) => {
      const made = htbClass(rate, ceil);
      for (const value of Object.values(made)) {
        expect(Number.isSafeInteger(value) && value > 0).toBe(true);
      }
      expect(made.burst / (made.rate / 8)).toBeLessThanOrEqual(200);
      expect(made.cburst / (made.ceil / 8)).toBeLessThanOrEqual(200);
    }),
  );
});

test('quanta are in proportion to shares, between one frame and a hundred shares', () => {
  expect(quantumOf(2) / quantumOf(1)).toBe(2);
  expect(quantumOf(4)).toBe(4 * QUANTUM_PER_SHARE);
  expect([quantumOf(0), quantumOf(-3), quantumOf(1e9)]).toEqual([1514, 1514, MAX_QUANTUM]);
});

test('a burst is what the rate gives in four milliseconds, or two frames', () => {
  expect(htbClass(LINK, LINK).burst).toBe(500_000);
  expect(htbClass(1_000_000, LINK).burst).toBe(3028);
  expect(htbClass(8, LINK).burst).toBe(200);
});

test('no cap is the speed of the link', () => {
  expect(planTree('eth0', LINK).cap.ceil).toBe(LINK);
});

test('the cap is kept whatever is promised below it, and the exempt branch is not capped', () => {
  fc.assert(
    fc.property(link, link, (speed, cap) => {
      const tree = planTree('eth0', speed, cap);
      expect(tree.cap.ceil).toBe(Math.min(cap, speed));
      expect(tree.cap.rate).toBeLessThanOrEqual(tree.cap.ceil);
      expect(tree.exempt.ceil).toBe(speed);
      if (Math.min(cap, speed) < 10_000) return;
      expect(budgetOf(tree).ordinary + tree.node.rate).toBeLessThanOrEqual(tree.cap.ceil);
      expect(tree.cap.rate + tree.exempt.rate).toBeLessThanOrEqual(speed);
    }),
  );
});

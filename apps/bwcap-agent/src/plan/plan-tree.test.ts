import { bitsPerSecond } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes } from '../limits/htb-class.ts';
import { scaleOf } from '../limits/limit.ts';
import { budgetOf, planTree } from './plan-tree.ts';

const LINK = bitsPerSecond(1_000_000_000);
const link = fc.integer({ min: 8, max: 1e12 }).map(bitsPerSecond);

test('no cap is the speed of the link', () => {
  expect(planTree('eth0', scaleOf(LINK, bytes(1500))).cap.ceil).toBe(LINK);
});

test('the cap is kept whatever is promised below it, and the exempt branch is not capped', () => {
  fc.assert(
    fc.property(link, link, (speed, cap) => {
      const tree = planTree('eth0', scaleOf(speed, bytes(1500), cap), cap);
      expect(tree.cap.ceil).toBe(Math.floor(Math.min(cap, speed) / 8) * 8);
      expect(tree.cap.rate).toBeLessThanOrEqual(tree.cap.ceil);
      expect(tree.exempt.ceil).toBe(Math.floor(speed / 8) * 8);
      if (Math.min(cap, speed) < 10_000) return;
      expect(budgetOf(tree).ordinary + tree.node.rate).toBeLessThanOrEqual(tree.cap.ceil);
      expect(tree.cap.rate + tree.exempt.rate).toBeLessThanOrEqual(speed);
    }),
  );
});

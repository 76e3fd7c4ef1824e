import { accountName } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CpuClaim, MAX_GUARANTEED, planCpuWeights } from './plan-cpu-weights.ts';

const name = (i: number) => accountName(`site_s${i}`);
const slivers = (...claims: readonly (readonly [share: number, guarantee: number])[]) =>
  new Map(claims.map(([share, guarantee], i) => [name(i), { share, guarantee }]));
const weightsOf = (claims: ReadonlyMap<ReturnType<typeof name>, CpuClaim>) => {
  const { weights } = planCpuWeights(claims);
  return [...claims.keys()].map((who) => weights.get(who) ?? 0);
};
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

test('without guarantees a weight comes from the share alone', () => {
  expect(weightsOf(slivers([32, 0], [64, 0]))).toEqual([256, 512]);
  expect(weightsOf(slivers([32, 0], [64, 0], [1000, 0]))).toEqual([256, 512, 8000]);
});

test('a guaranteed sliver weighs g·S/(1−G)', () => {
  const claims = slivers([32, 200], ...Array.from({ length: 10 }, () => [32, 0] as const));
  expect(weightsOf(claims)[0]).toBe((0.2 * 10 * 256) / 0.8);
});

test('a small guarantee never makes a sliver poorer than its share', () => {
  expect(weightsOf(slivers([32, 1], [32, 0]))).toEqual([256, 256]);
});

test('guarantees over what can be given are cut in proportion, and that can be told', () => {
  const claims = slivers([1, 900], [1, 300], [1, 0]);
  const [big = 0, small = 0, rest = 0] = weightsOf(claims);
  expect(planCpuWeights(claims).guaranteed).toBe(1200);
  expect(big / small).toBeCloseTo(3, 1);
  expect((big + small) / (big + small + rest)).toBeCloseTo(MAX_GUARANTEED / 1000, 2);
});

test('an absurd guarantee counts as all of the node, and leaves others half of theirs or more', () => {
  const absurd = slivers([1, Number.MAX_SAFE_INTEGER], [1, 250], [1, 0]);
  const all = slivers([1, 1000], [1, 250], [1, 0]);
  expect(planCpuWeights(absurd)).toEqual(planCpuWeights(all));
  const [, other = 0] = weightsOf(absurd);
  expect(other / sum(weightsOf(absurd))).toBeGreaterThan(0.125);
});

test('shares too large for a weight are scaled down together, and keep their ratio', () => {
  expect(weightsOf(slivers([1_000_000, 0], [500_000, 0]))).toEqual(
    [7812.5, 3906.25].map(Math.round),
  );
});

test('one sliver alone, and none at all, are no special cases', () => {
  expect(weightsOf(slivers([0, 0]))).toEqual([8]);
  expect(weightsOf(slivers([32, 950]))).toEqual([256]);
  expect(weightsOf(new Map())).toEqual([]);
});

test('a guarantee that no weight can express is named', () => {
  const claims = slivers([1, 950], ...Array.from({ length: 2000 }, () => [32, 0] as const));
  expect(planCpuWeights(claims).short).toEqual([name(0)]);
});

const share = fc.integer({ min: 0, max: 1200 });
const claims = fc
  .array(fc.tuple(share, fc.oneof(fc.constant(0), fc.nat({ max: 300 }))), {
    minLength: 1,
    maxLength: 60,
  })
  .map((list) => slivers(...list));

test('every guarantee is met, within rounding', () => {
  fc.assert(
    fc.property(claims, (all) => {
      const plan = planCpuWeights(all);
      const total = sum([...plan.weights.values()]);
      const cut = Math.min(1, MAX_GUARANTEED / Math.max(1, plan.guaranteed));
      for (const [who, { guarantee }] of all) {
        const weight = plan.weights.get(who) ?? 0;
        // Each other guarantee that was rounded up takes at most one weight away.
        expect(weight).toBeGreaterThanOrEqual((guarantee / 1000) * cut * (total - all.size) - 1e-6);
      }
    }),
  );
});

test('the ratios of ordinary slivers survive, whatever is guaranteed to others', () => {
  fc.assert(
    fc.property(claims, (all) => {
      const { weights } = planCpuWeights(all);
      const ordinary = [...all].filter(([, { guarantee }]) => guarantee === 0);
      for (const [a, claimA] of ordinary) {
        for (const [b, claimB] of ordinary) {
          const [wa = 0, wb = 0] = [weights.get(a), weights.get(b)];
          const exact = wa * Math.max(1, claimB.share) - wb * Math.max(1, claimA.share);
          // Half a weight of rounding on either side.
          expect(Math.abs(exact)).toBeLessThanOrEqual(claimA.share + claimB.share + 2);
        }
      }
    }),
  );
});

test('nobody gets less for being guaranteed more', () => {
  fc.assert(
    fc.property(claims, fc.integer({ min: 1, max: 300 }), (all, more) => {
      const [first] = all;
      if (first === undefined) return;
      const [who, claim] = first;
      const richer = new Map(all).set(who, { ...claim, guarantee: claim.guarantee + more });
      const plan = planCpuWeights(richer);
      if (plan.guaranteed > MAX_GUARANTEED) return;
      const part = (of: ReadonlyMap<typeof who, number>) =>
        (of.get(who) ?? 0) / sum([...of.values()]);
      expect(part(plan.weights)).toBeGreaterThanOrEqual(part(planCpuWeights(all).weights) - 0.02);
    }),
  );
});

test('weights are whole numbers from 1 to 10000, for any integers', () => {
  const wild = fc.array(fc.tuple(fc.maxSafeInteger(), fc.maxSafeInteger()), { maxLength: 30 });
  fc.assert(
    fc.property(wild, (list) => {
      for (const weight of weightsOf(slivers(...list))) {
        expect(Number.isInteger(weight) && weight >= 1 && weight <= 10_000).toBe(true);
      }
    }),
  );
});

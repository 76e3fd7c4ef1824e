/**
 * Turns CPU shares and guarantees of all running slivers into cgroup weights. Pure.
 *
 * A sliver's weight is what its share gives it or what its guarantee needs, whichever is more: a
 * guarantee (which another sliver can lend it) never makes it poorer. With T the sum of all weights,
 * w = max(share, g·T); for those held up by their guarantee that is w = g·S/(1−G), with S the sum of
 * the other weights and G the sum of these guarantees.
 */
import type { AccountName } from '@nodemgr/records';

declare const weightUnit: unique symbol;
/** cpu.weight of a control group: 1 to 10000 (cgroup-v2, CPU controller). */
export type CpuWeight = number & { readonly [weightUnit]: 'CpuWeight' };
export const cpuWeight = (value: number): CpuWeight => value as CpuWeight;

const MAX_WEIGHT = 10_000;
/**
 * Weight of one share, as long as everything fits below 10000: fine enough for small guarantees beside
 * the default share of 32, and a power of two, like every smaller scale, so that ratios stay exact.
 */
export const WEIGHT_PER_SHARE = 8;
/** Guarantees may add up to this many thousandths: someone must be left to give way. */
export const MAX_GUARANTEED = 950;
/** Thousandths. Nobody is promised more than all of it: one absurd amount must not leave the others nothing. */
const ALL = 1000;
const within = (guarantee: number): number => Math.min(ALL, Math.max(0, guarantee));

/** What one sliver is entitled to: `share` proportional, `guarantee` in thousandths; not negative. */
export interface CpuClaim {
  readonly share: number;
  readonly guarantee: number;
}

export interface CpuPlan {
  readonly weights: ReadonlyMap<AccountName, CpuWeight>;
  /** Sum of all guarantees, in thousandths; more than MAX_GUARANTEED: all were cut in proportion. */
  readonly guaranteed: number;
  /** Slivers whose guarantee asks for more than the heaviest weight: thousands of others are in the way. */
  readonly short: readonly AccountName[];
}

interface Claim {
  readonly name: AccountName;
  readonly share: number;
  /** As a fraction. */
  readonly guarantee: number;
}

/** Those whose guarantee decides. Solves T = Σ max(share, g·T): as T grows they take over in the order of share/g. */
function claimsByGuarantee(claims: readonly Claim[]): readonly Claim[] {
  const candidates = claims
    .filter((claim) => claim.guarantee > 0)
    .sort((a, b) => a.share / a.guarantee - b.share / b.guarantee);
  const decided: Claim[] = [];
  let shares = claims.reduce((sum, claim) => sum + claim.share, 0);
  let guaranteed = 0;
  for (const claim of candidates) {
    const total = shares / (1 - guaranteed);
    if (claim.guarantee * total <= claim.share) break;
    decided.push(claim);
    shares -= claim.share;
    guaranteed += claim.guarantee;
  }
  return decided;
}

function readClaims(slivers: ReadonlyMap<AccountName, CpuClaim>, guaranteed: number): Claim[] {
  const cut = Math.min(1, MAX_GUARANTEED / Math.max(1, guaranteed)) / 1000;
  return [...slivers].map(([name, claim]) => ({
    name,
    share: Math.max(1, claim.share),
    guarantee: within(claim.guarantee) * cut,
  }));
}

interface Weighed {
  readonly weights: Map<AccountName, number>;
  readonly heaviest: number;
  /** Whether a smaller scale could make anything lighter. */
  readonly reducible: boolean;
}

/** Guarantees are worked out from the rounded weights of the others, and rounded up. */
function weigh(claims: readonly Claim[], decided: readonly Claim[], scale: number): Weighed {
  const weights = new Map<AccountName, number>();
  const byGuarantee = new Set(decided);
  let sum = 0;
  let heaviest = 0;
  for (const claim of claims) {
    if (byGuarantee.has(claim)) continue;
    const weight = Math.max(1, Math.round(claim.share * scale));
    weights.set(claim.name, weight);
    sum += weight;
    heaviest = Math.max(heaviest, weight);
  }
  const reducible = heaviest > 1;
  const given = decided.reduce((total, claim) => total + claim.guarantee, 0);
  for (const { name, guarantee } of decided) {
    const weight = Math.max(1, Math.ceil((guarantee * sum) / (1 - given)));
    weights.set(name, weight);
    heaviest = Math.max(heaviest, weight);
  }
  return { weights, heaviest, reducible };
}

/**
 * planCpuWeights returns the weight of every sliver in `slivers`. Without guarantees a weight depends
 * on the sliver's own share alone (unless a share over 1250 asks for a smaller scale).
 */
export function planCpuWeights(slivers: ReadonlyMap<AccountName, CpuClaim>): CpuPlan {
  let guaranteed = 0;
  for (const { guarantee } of slivers.values()) guaranteed += within(guarantee);
  const claims = readClaims(slivers, guaranteed);
  const decided = claimsByGuarantee(claims);
  let scale = WEIGHT_PER_SHARE;
  let weighed = weigh(claims, decided, scale);
  while (weighed.heaviest > MAX_WEIGHT && weighed.reducible) {
    scale /= 2;
    weighed = weigh(claims, decided, scale);
  }
  const weights = new Map<AccountName, CpuWeight>();
  const short: AccountName[] = [];
  for (const [name, weight] of weighed.weights) {
    weights.set(name, cpuWeight(Math.min(MAX_WEIGHT, weight)));
    if (weight > MAX_WEIGHT) short.push(name);
  }
  return { weights, guaranteed, short };
}

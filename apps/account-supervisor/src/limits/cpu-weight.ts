/** nm_cpu_share and nm_cpu_guaranteed_share, as cpu.weight: the arithmetic is in plan-cpu-weights.ts. */
import { type AccountName, amountOf, type Rspec } from '@nodemgr/records';
import { type Division, inGroup, type UnitLimit } from './limit.ts';
import {
  type CpuClaim,
  MAX_GUARANTEED,
  planCpuWeights,
  WEIGHT_PER_SHARE,
} from './plan-cpu-weights.ts';

const claimOf = (effective: Rspec): CpuClaim => ({
  share: amountOf(effective, 'nm_cpu_share'),
  guarantee: amountOf(effective, 'nm_cpu_guaranteed_share'),
});

/** Why not every guarantee can be kept; undefined when all are. */
function shortfallOf(guaranteed: number, short: readonly AccountName[]): string | undefined {
  if (guaranteed > MAX_GUARANTEED) {
    return `guarantees add up to ${guaranteed} thousandths of the CPU, ${MAX_GUARANTEED} can be given: all are cut in proportion`;
  }
  if (short.length === 0) return undefined;
  return `too many slivers run beside ${short.join(', ')} for a weight (at most 10000) that keeps the guarantee`;
}

function weightText(effective: Rspec, weight: number, division: Division): string {
  let total = 0;
  for (const each of division.amounts.values()) total += each;
  const part = Number(((weight / total) * 100).toFixed(1));
  const ofAll = `${part}% of the ${total} that all running slivers weigh`;
  const { share, guarantee } = claimOf(effective);
  const byShare = Math.max(1, share) * WEIGHT_PER_SHARE;
  const { shortfall } = division;
  const cut = guarantee > 0 && shortfall !== undefined ? `; ${shortfall}` : '';
  if (weight === byShare) {
    const enough = guarantee > 0 ? `, which keeps its guarantee of ${guarantee / 10}%` : '';
    return `share ${share} × ${WEIGHT_PER_SHARE} = ${weight}: ${ofAll}${enough}${cut}`;
  }
  if (guarantee > 0) {
    return `guaranteed ${guarantee / 10}%: ${weight} is ${ofAll}; its share of ${share} alone would give ${byShare}${cut}`;
  }
  return `share ${share}, scaled so that the heaviest weight fits: ${ofAll}`;
}

/** The CPU time in a cpu.stat, in seconds. */
function secondsIn(stat: string): number | undefined {
  const micros = /^usage_usec (\d+)$/m.exec(stat)?.[1];
  return micros === undefined ? undefined : Number(micros) / 1e6;
}

export const CPU_WEIGHT = {
  resources: ['nm_cpu_share', 'nm_cpu_guaranteed_share'],
  from: 'cpu.weight',
  unit: 'weight',
  zero: 'nothing',
  label: 'cpu weight',
  detail: 'cpu_weight',
  divide: (claims) => {
    const plan = planCpuWeights(
      new Map([...claims].map(([name, rspec]) => [name, claimOf(rspec)])),
    );
    return { amounts: plan.weights, shortfall: shortfallOf(plan.guaranteed, plan.short) };
  },
  how: weightText,
  failure: { code: 'cpu-guarantees', subject: 'CPU guarantees', action: 'guarantee' },
  told: { what: 'cpu-weight-changed', why: 'by the shares and guarantees of all' },
  writtenBy: 'unit',
  property: 'CPUWeight',
  write: String,
  read: inGroup(1),
  used: { file: 'cpu.stat', unit: 's', read: secondsIn },
} as const satisfies UnitLimit;

/**
 * What the kernel ought to hold a sliver to, told as its readings are, and how that follows from the
 * effective RSpec: for operators who compare the two. Pure.
 */
import type { Wanted } from '@nodemgr/contracts';
import { type AccountName, amountOf, type Rspec, recordKeyOf } from '@nodemgr/records';
import { cpuClaimOf, type DesiredSliver, wholePages } from '../desired/desired-account.ts';
import type { CpuShares } from '../limits/cpu-shares.ts';
import { type CpuClaim, type CpuWeight, WEIGHT_PER_SHARE } from '../limits/plan-cpu-weights.ts';
import type { ObservedAccount } from '../observed/observed-account.ts';
import { type Grounds, judge } from '../plan/decide-account.ts';

function totalWeight(cpu: CpuShares): number {
  let total = 0;
  for (const name of cpu.names()) total += cpu.weightOf(name) ?? 0;
  return total;
}

/** weightText tells in words where a weight comes from. */
export function weightText(claim: CpuClaim, weight: CpuWeight, cpu: CpuShares): string {
  const total = totalWeight(cpu);
  const part = Number(((weight / total) * 100).toFixed(1));
  const ofAll = `${part}% of the ${total} that all running slivers weigh`;
  const { share, guarantee } = claim;
  const byShare = Math.max(1, share) * WEIGHT_PER_SHARE;
  const shortfall = guarantee > 0 && cpu.shortfall !== undefined ? `; ${cpu.shortfall}` : '';
  if (weight === byShare) {
    const enough = guarantee > 0 ? `, which keeps its guarantee of ${guarantee / 10}%` : '';
    return `share ${share} × ${WEIGHT_PER_SHARE} = ${weight}: ${ofAll}${enough}${shortfall}`;
  }
  if (guarantee > 0) {
    return `guaranteed ${guarantee / 10}%: ${weight} is ${ofAll}; its share of ${share} alone would give ${byShare}${shortfall}`;
  }
  return `share ${share}, scaled so that the heaviest weight fits: ${ofAll}`;
}

function cpuWanted(name: AccountName, { cpu, feed }: Grounds): readonly Wanted[] {
  const weight = cpu.weightOf(name);
  const claim = cpuClaimOf(feed.items.get(recordKeyOf('sliver', name)));
  if (weight === undefined || claim === undefined) return [];
  const how = weightText(claim, weight, cpu);
  return [{ resource: 'nm_cpu_share', from: 'cpu.weight', amount: weight, unit: 'weight', how }];
}

/** How the limit enforced follows from the one asked for, where that is not plain. */
function howLimited(asked: number, enforced: number): Pick<Wanted, 'how'> {
  if (enforced === 0 || asked > enforced)
    return { how: `${asked} is more than a machine can have` };
  return { how: `raised from ${asked}, under which no sliver could start` };
}

/** limitsWanted returns the limits of a control group, for a sliver whose effective RSpec is given. */
export function limitsWanted(
  { memoryMax, tasksMax }: Pick<DesiredSliver, 'memoryMax' | 'tasksMax'>,
  effective: Rspec,
): readonly Wanted[] {
  const memory = amountOf(effective, 'nm_mem_max');
  const tasks = amountOf(effective, 'nm_tasks_max');
  const isPlain = memory <= 0 ? memoryMax === 0 : wholePages(memory) === memoryMax;
  return [
    {
      resource: 'nm_mem_max',
      from: 'memory.max',
      amount: memoryMax === 0 ? null : memoryMax,
      unit: 'KiB',
      ...(isPlain ? {} : howLimited(memory, memoryMax)),
    },
    {
      resource: 'nm_tasks_max',
      from: 'pids.max',
      amount: tasksMax,
      unit: 'tasks',
      ...(tasks === tasksMax ? {} : howLimited(tasks, tasksMax)),
    },
  ];
}

/** wantedReadings returns what ought to be in force for `name`; nothing for what should not exist. */
export function wantedReadings(
  name: AccountName,
  observed: ObservedAccount,
  grounds: Grounds,
): readonly Wanted[] {
  const verdict = judge(name, observed, grounds);
  if (verdict.verdict !== 'exists' || verdict.desired.type !== 'sliver') return [];
  const { desired } = verdict;
  const item = grounds.feed.items.get(recordKeyOf('sliver', name));
  const effective = item?.kind === 'account' ? item.effective : {};
  return [
    { resource: 'nm_disk_quota', from: 'project quota', amount: desired.diskQuota, unit: 'KiB' },
    // A control group is there only while it runs.
    ...(desired.run ? [...cpuWanted(name, grounds), ...limitsWanted(desired, effective)] : []),
  ];
}

/** From two looks at all slivers: what each uses now, sorted. Pure. */
import type { PeriodAmounts, Traffic, UseNow } from '@nodemgr/contracts';

export const SORTS = ['cpu', 'memory', 'disk', 'io', 'net', 'tasks'] as const;
export type Sort = (typeof SORTS)[number];

/** A look at all slivers; a part is undefined where its agent did not answer. */
export interface Look {
  readonly use: UseNow | undefined;
  readonly traffic: Traffic | undefined;
}

/** What one sliver uses. What is not counted, or not yet twice, is absent. */
export interface SliverNow {
  readonly name: string;
  /** Thousandths of one processor. */
  readonly cpu_thousandths?: number;
  readonly memory_kib?: number;
  readonly tasks?: number;
  readonly disk_kib?: number;
  /** Bytes a second. */
  readonly read_rate?: number;
  readonly written_rate?: number;
  /** Bits a second, to all networks. */
  readonly sent_rate?: number;
}

type Counted = UseNow['slivers'][number];

/** Returns how much a count grows a second; undefined: it began anew, or there was one look. */
function growth(is: number | undefined, was: number | undefined, seconds: number) {
  if (is === undefined || was === undefined || is < was || seconds <= 0) return undefined;
  return (is - was) / seconds;
}

function machineOf(now: Counted, before: Counted | undefined, seconds: number) {
  const was: PeriodAmounts = before?.era === now.era ? before.amounts : {};
  const rate = (name: 'cpu_ms' | 'read_bytes' | 'written_bytes') =>
    growth(now.amounts[name], was[name], seconds);
  const { memory_kib, tasks, disk_kib } = now.amounts;
  return {
    cpu_thousandths: rate('cpu_ms'),
    memory_kib,
    tasks,
    disk_kib,
    read_rate: rate('read_bytes'),
    written_rate: rate('written_bytes'),
  };
}

type SliverTraffic = Traffic['slivers'][number];

function sentOf({ ordinary, exempt }: Partial<SliverTraffic> = {}): number | undefined {
  const counters = [ordinary?.counters, exempt?.counters].flatMap((one) => one ?? []);
  if (counters.length === 0) return undefined;
  return counters.reduce((sum, { sent_bytes }) => sum + sent_bytes, 0);
}

const byName = <Sliver extends { readonly name: string }>(slivers: readonly Sliver[] = []) =>
  new Map(slivers.map((sliver) => [sliver.name, sliver]));

const AMOUNT: Readonly<Record<Sort, (one: SliverNow) => number>> = {
  cpu: (one) => one.cpu_thousandths ?? -1,
  memory: (one) => one.memory_kib ?? -1,
  disk: (one) => one.disk_kib ?? -1,
  io: (one) => (one.read_rate ?? 0) + (one.written_rate ?? 0),
  net: (one) => one.sent_rate ?? -1,
  tasks: (one) => one.tasks ?? -1,
};

function present(name: string, members: Readonly<Record<string, number | undefined>>): SliverNow {
  const known = Object.entries(members).flatMap(([key, amount]) =>
    amount === undefined ? [] : [[key, Math.round(amount)]],
  );
  return { name, ...Object.fromEntries(known) };
}

/** measureUse returns what each sliver uses between two looks, the one that uses most first. */
export function measureUse(first: Look, second: Look, sort: Sort): readonly SliverNow[] {
  const [before, now] = [byName(first.use?.slivers), byName(second.use?.slivers)];
  const [sentBefore, sentNow] = [byName(first.traffic?.slivers), byName(second.traffic?.slivers)];
  const seconds = ((second.use?.at ?? 0) - (first.use?.at ?? 0)) / 1000;
  const sentSeconds = ((second.traffic?.at ?? 0) - (first.traffic?.at ?? 0)) / 1000;
  const names = new Set([...now.keys(), ...sentNow.keys()]);
  const slivers = [...names].map((name) => {
    const sliver = now.get(name);
    const sent = growth(sentOf(sentNow.get(name)), sentOf(sentBefore.get(name)), sentSeconds);
    return present(name, {
      ...(sliver && machineOf(sliver, before.get(name), seconds)),
      sent_rate: sent === undefined ? undefined : sent * 8,
    });
  });
  const amount = AMOUNT[sort];
  return slivers.sort((a, b) => amount(b) - amount(a) || (a.name < b.name ? -1 : 1));
}

/** From two looks at the bandwidth tree: what each class sends now. Pure. */
import type { ClassTraffic, SliverTraffic, Traffic } from '@nodemgr/contracts';

/** A class with what it has sent per second between the two looks. */
export interface MeasuredClass extends ClassTraffic {
  /** bit/s, headers included; absent where nothing is counted, or the class has been made since. */
  readonly now?: number;
}

interface MeasuredPair {
  readonly ordinary?: MeasuredClass;
  readonly exempt?: MeasuredClass;
}

export interface MeasuredSliver extends MeasuredPair {
  readonly name: string;
  /** What it has sent since the day began. */
  readonly today?: SliverTraffic['today'];
}

export interface MeasuredTraffic {
  readonly driver: string;
  /** Between the two looks; 0: there was one. */
  readonly seconds: number;
  readonly exempt_networks: number;
  /** The day that is counted for: seconds since 1970. */
  readonly day?: Traffic['day'];
  readonly tree?: {
    readonly interface: string;
    readonly link: MeasuredClass;
    readonly branches: MeasuredPair;
    readonly node: MeasuredPair;
  };
  readonly slivers: readonly MeasuredSliver[];
}

type Before = ReadonlyMap<string, ClassTraffic>;

const pairOf = ({ ordinary, exempt }: Partial<Omit<SliverTraffic, 'name' | 'today'>>) =>
  [ordinary, exempt].flatMap((one) => one ?? []);

function classesOf({ tree, slivers }: Traffic): Before {
  const fixed =
    tree === undefined ? [] : [tree.link, ...pairOf(tree.branches), ...pairOf(tree.node)];
  return new Map([...fixed, ...slivers.flatMap(pairOf)].map((one) => [one.class_id, one] as const));
}

function measureClass(after: ClassTraffic, before: Before, seconds: number): MeasuredClass {
  const was = before.get(after.class_id)?.counters?.sent_bytes;
  const is = after.counters?.sent_bytes;
  if (was === undefined || is === undefined || is < was || seconds <= 0) return after;
  return { ...after, now: Math.round(((is - was) * 8) / seconds) };
}

/** measureTraffic adds to the second look what was sent since the first. */
export function measureTraffic(first: Traffic, { at, ...second }: Traffic): MeasuredTraffic {
  const seconds = (at - first.at) / 1000;
  const before = classesOf(first);
  const measure = (one: ClassTraffic) => measureClass(one, before, seconds);
  const pair = ({
    ordinary,
    exempt,
  }: Partial<Omit<SliverTraffic, 'name' | 'today'>>): MeasuredPair => ({
    ...(ordinary && { ordinary: measure(ordinary) }),
    ...(exempt && { exempt: measure(exempt) }),
  });
  const { tree, slivers, driver, exempt_networks, day } = second;
  return {
    driver,
    seconds,
    exempt_networks,
    ...(day && { day }),
    ...(tree && {
      tree: {
        interface: tree.interface,
        link: measure(tree.link),
        branches: pair(tree.branches),
        node: pair(tree.node),
      },
    }),
    slivers: slivers.map(({ name, today, ...leaves }) => ({
      name,
      ...pair(leaves),
      ...(today && { today }),
    })),
  };
}

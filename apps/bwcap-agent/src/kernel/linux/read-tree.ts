/** Reads our tree over netlink: tc(8) prints rates rounded. Changes nothing. */
import { readdir } from 'node:fs/promises';
import { readOptional } from '@nodemgr/agent';
import { htbClasses, native, type RootQdisc } from '@nodemgr/native';
import { FIXED_MINORS, HANDLE } from '../../limits/htb-tree.ts';
import type { Uplink } from '../uplink.ts';
import { classesIn, type TreeClasses } from './derive-tree.ts';

const INTERFACES = '/sys/class/net';
const OUR_HANDLE = HANDLE * 0x1_0000;

export interface Trees {
  /** Undefined: none of ours is on the uplink. */
  readonly classes: TreeClasses | undefined;
  readonly elsewhere: ReadonlySet<string>;
  readonly inTheWay: string | undefined;
}

const isOurs = ({ kind, handle }: RootQdisc): boolean => kind === 'htb' && handle === OUR_HANDLE;
/** Another version's root sends unclassified packets elsewhere. */
const isOld = ({ defaultClass }: RootQdisc): boolean => defaultClass !== FIXED_MINORS.node;

/** A root qdisc that the kernel has put there by itself has no handle. */
function foreign(root: RootQdisc | undefined): string | undefined {
  if (root === undefined || root.handle === 0 || isOurs(root)) return undefined;
  return `${root.kind} ${(root.handle >>> 16).toString(16)}:`;
}

async function namesOf(ifindexes: ReadonlySet<number>): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  if (ifindexes.size === 0) return names;
  for (const name of await readdir(INTERFACES)) {
    const ifindex = Number(await readOptional(`${INTERFACES}/${name}/ifindex`));
    if (ifindexes.has(ifindex)) names.add(name);
  }
  return names;
}

/** ownRoots returns the interfaces that have a tree of ours. */
export async function ownRoots(): Promise<ReadonlySet<string>> {
  const roots = native().rootQdiscs().filter(isOurs);
  return namesOf(new Set(roots.map(({ ifindex }) => ifindex)));
}

/** readTrees returns what is at the root of the uplink, and where else a tree of ours is. */
export async function readTrees(uplink: Uplink): Promise<Trees> {
  const roots = native().rootQdiscs();
  const root = roots.find(({ ifindex }) => ifindex === uplink.ifindex);
  const usable = root !== undefined && isOurs(root) && !isOld(root);
  const others = roots.filter((one) => isOurs(one) && !(one === root && usable));
  return {
    classes: usable ? classesIn(htbClasses(uplink.ifindex)) : undefined,
    elsewhere: await namesOf(new Set(others.map(({ ifindex }) => ifindex))),
    inTheWay: foreign(root),
  };
}

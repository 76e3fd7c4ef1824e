/** Reads what the kernel holds a running sliver to, and what it has counted, from its control group. */
import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reading } from '@nodemgr/contracts';
import type { AccountName } from '@nodemgr/records';
import { cgroupOf, SLICES } from '../../execute/layout.ts';
import { DISCORD, type NodeFacts, type UnitLimit } from '../../limits/limit.ts';
import {
  allSet,
  type LimitName,
  type Limits,
  readingOf,
  SUMMED_LIMITS,
  UNIT_LIMITS,
} from '../../limits/table.ts';
import type { SliverCounted } from '../port.ts';

/** groupFile returns a file of a control group, without the line's end; undefined where there is none. */
async function groupFile(group: string, file: string): Promise<string | undefined> {
  try {
    return (await readFile(join(group, file), 'utf8')).trimEnd();
  } catch (error) {
    return withoutGroup(error);
  }
}

/** withoutGroup returns undefined where `error` says that the group is not there. */
function withoutGroup(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  // ENODEV: the group has gone since it was opened.
  if (code === 'ENOENT' || code === 'ENODEV') return undefined;
  throw error;
}

async function amountIn(
  group: string,
  { from, read, unset }: UnitLimit,
  node: NodeFacts,
): Promise<number | undefined> {
  const text = await groupFile(group, from);
  return text === undefined ? unset : read(text, node);
}

/** readLimits returns what is in force for a running sliver; undefined when it does not run. */
export async function readLimits(name: AccountName, node: NodeFacts): Promise<Limits | undefined> {
  const group = cgroupOf(name);
  return allSet(
    await Promise.all(
      UNIT_LIMITS.map(async ([limit, of]) => [limit, await amountIn(group, of, node)] as const),
    ),
  );
}

/** readSlices returns what the slices above all slivers have; where they do not agree, it is to be set again. */
export async function readSlices(node: NodeFacts): Promise<Limits> {
  const found = await Promise.all(
    SUMMED_LIMITS.map(async ([limit, of]) => {
      const read = ({ group }: { group: string }) => amountIn(group, of, node);
      const [first, ...others] = await Promise.all(SLICES.map(read));
      const isOne = others.every((amount) => amount === first);
      return [limit, isOne ? first : DISCORD] as const;
    }),
  );
  return Object.fromEntries(found);
}

async function usedOf(group: string, { used }: UnitLimit): Promise<Pick<Reading, 'used'>> {
  const text = used && (await groupFile(group, used.file));
  const amount = text === undefined ? undefined : used?.read(text);
  return used === undefined || amount === undefined ? {} : { used: [{ amount, unit: used.unit }] };
}

async function reading(
  group: string,
  [limit, of]: readonly [LimitName, UnitLimit],
  node: NodeFacts,
): Promise<readonly Reading[]> {
  const [amount, used] = await Promise.all([amountIn(group, of, node), usedOf(group, of)]);
  return amount === undefined ? [] : [{ ...readingOf(limit, amount), ...used }];
}

/** readGroup returns what the sliver's control group says; nothing when it does not run. */
export async function readGroup(name: AccountName, node: NodeFacts): Promise<readonly Reading[]> {
  const group = cgroupOf(name);
  return (await Promise.all(UNIT_LIMITS.map((each) => reading(group, each, node)))).flat();
}

function textAtOnce(group: string, file: string): string | undefined {
  try {
    return readFileSync(join(group, file), 'utf8').trimEnd();
  } catch (error) {
    return withoutGroup(error);
  }
}

/**
 * countedIn returns what the sliver's control group counts, and which group it is; undefined when it does not run.
 * At once: five files of each of hundreds of slivers are not worth thousands of turns of the event loop.
 */
export function countedIn(name: AccountName): SliverCounted | undefined {
  const group = cgroupOf(name);
  const found = statSync(group, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const texts = new Map<string, string | undefined>();
  const textOf = (file: string) => {
    if (!texts.has(file)) texts.set(file, textAtOnce(group, file));
    return texts.get(file);
  };
  const readings = UNIT_LIMITS.flatMap(([, { resources, used }]) => {
    const text = used && textOf(used.file);
    const amount = text === undefined ? undefined : used?.read(text);
    if (used === undefined || amount === undefined) return [];
    return [{ resource: resources[0] ?? '', used: [{ amount, unit: used.unit }] }];
  });
  return { era: `${found.ino}`, readings };
}

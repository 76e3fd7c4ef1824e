/** Reads what the kernel holds a running sliver to, and what it has counted, from its control group. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reading } from '@nodemgr/contracts';
import type { AccountName } from '@nodemgr/records';
import { cgroupOf } from '../../execute/layout.ts';
import type { NodeFacts, UnitLimit } from '../../limits/limit.ts';
import { allSet, type LimitName, type Limits, readingOf, UNIT_LIMITS } from '../../limits/table.ts';

/** groupFile returns a file of the sliver's control group, without the line's end; undefined where there is none. */
async function groupFile(name: AccountName, file: string): Promise<string | undefined> {
  try {
    return (await readFile(join(cgroupOf(name), file), 'utf8')).trimEnd();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ENODEV: the group has gone since it was opened.
    if (code === 'ENOENT' || code === 'ENODEV') return undefined;
    throw error;
  }
}

async function amountIn(
  name: AccountName,
  { from, read, unset }: UnitLimit,
  node: NodeFacts,
): Promise<number | undefined> {
  const text = await groupFile(name, from);
  return text === undefined ? unset : read(text, node);
}

/** readLimits returns what is in force for a running sliver; undefined when it does not run. */
export async function readLimits(name: AccountName, node: NodeFacts): Promise<Limits | undefined> {
  return allSet(
    await Promise.all(
      UNIT_LIMITS.map(async ([limit, of]) => [limit, await amountIn(name, of, node)] as const),
    ),
  );
}

async function usedOf(name: AccountName, { used }: UnitLimit): Promise<Pick<Reading, 'used'>> {
  const text = used && (await groupFile(name, used.file));
  const amount = text === undefined ? undefined : used?.read(text);
  return used === undefined || amount === undefined ? {} : { used: [{ amount, unit: used.unit }] };
}

async function reading(
  name: AccountName,
  [limit, of]: readonly [LimitName, UnitLimit],
  node: NodeFacts,
): Promise<readonly Reading[]> {
  const [amount, used] = await Promise.all([amountIn(name, of, node), usedOf(name, of)]);
  return amount === undefined ? [] : [{ ...readingOf(limit, amount), ...used }];
}

/** readGroup returns what the sliver's control group says; nothing when it does not run. */
export async function readGroup(name: AccountName, node: NodeFacts): Promise<readonly Reading[]> {
  return (await Promise.all(UNIT_LIMITS.map((each) => reading(name, each, node)))).flat();
}

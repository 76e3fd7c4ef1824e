/** Reads what the kernel holds a running sliver to, and what it has counted, from its control group. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reading } from '@nodemgr/contracts';
import type { AccountName } from '@nodemgr/records';
import { cgroupOf } from '../../execute/layout.ts';
import type { UnitLimit } from '../../limits/limit.ts';
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

async function amountIn(name: AccountName, limit: UnitLimit): Promise<number | undefined> {
  const text = await groupFile(name, limit.from);
  return text === undefined ? undefined : limit.read(text);
}

/** readLimits returns what is in force for a running sliver; undefined when it does not run. */
export async function readLimits(name: AccountName): Promise<Limits | undefined> {
  return allSet(
    await Promise.all(
      UNIT_LIMITS.map(async ([limit, of]) => [limit, await amountIn(name, of)] as const),
    ),
  );
}

async function reading(
  name: AccountName,
  [limit, of]: readonly [LimitName, UnitLimit],
): Promise<readonly Reading[]> {
  const [amount, counted] = await Promise.all([amountIn(name, of), groupFile(name, of.used.file)]);
  if (amount === undefined) return [];
  const used = counted === undefined ? undefined : of.used.read(counted);
  const { unit } = of.used;
  return [
    {
      ...readingOf(limit, amount),
      ...(used === undefined ? {} : { used: [{ amount: used, unit }] }),
    },
  ];
}

/** readGroup returns what the sliver's control group says; nothing when it does not run. */
export async function readGroup(name: AccountName): Promise<readonly Reading[]> {
  return (await Promise.all(UNIT_LIMITS.map((each) => reading(name, each)))).flat();
}

/** Merges the parts of a history of use that the agents keep. Pure. */
import type { UseRow } from '@nodemgr/contracts';

/**
 * mergeUse returns each period of each sliver once, with what every part has of it, by name and time. Of a sum for a
 * sliver the parts may begin at different times: `sums` are merged by name, and begin with the earlier.
 */
export function mergeUse(
  parts: readonly (readonly UseRow[])[],
  kind: 'periods' | 'sums',
): UseRow[] {
  const rows = new Map<string, UseRow>();
  for (const row of parts.flat()) {
    const key = kind === 'sums' ? row.name : `${row.name} ${row.at}`;
    const was = rows.get(key);
    rows.set(key, {
      name: row.name,
      at: Math.min(row.at, was?.at ?? row.at),
      seconds: Math.max(row.seconds, was?.seconds ?? 0),
      amounts: { ...was?.amounts, ...row.amounts },
    });
  }
  return [...rows.values()].sort((a, b) =>
    a.name === b.name ? a.at - b.at : a.name < b.name ? -1 : 1,
  );
}

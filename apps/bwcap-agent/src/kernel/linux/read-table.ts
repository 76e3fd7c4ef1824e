/** Reads our table with nft(8). Changes nothing. */
import { run, runChecked } from '@nodemgr/agent';
import type { Logger } from '@nodemgr/daemon';
import type { AccountName } from '@nodemgr/records';
import type { ExemptNetworks } from '../../desired/exempt-networks.ts';
import { MAPS, MARK_MAPS, SETS, TABLE_FAMILY, TABLE_NAME } from '../../execute/render-nft.ts';
import type { Branch } from '../../limits/htb-tree.ts';
import { type Mapping, NOTHING_INSTALLED } from '../../observed/bandwidth-state.ts';
import { hasTable, isWhole, mappingsIn, networksIn } from './derive-table.ts';

/** Characters: far above what thousands of slivers and networks take. */
const MAX_OUTPUT = 64 << 20;

export interface Table {
  readonly table: boolean;
  readonly mappings: ReadonlyMap<AccountName, Mapping>;
  readonly networks: ExemptNetworks;
}

const NO_TABLE: Table = {
  table: false,
  mappings: new Map(),
  networks: NOTHING_INSTALLED.networks,
};

const nft = (...args: readonly string[]) =>
  runChecked(run('nft', ...args), { maxOutput: MAX_OUTPUT });
const list = (kind: string, name: string) =>
  nft('-j', 'list', kind, TABLE_FAMILY, TABLE_NAME, name);

async function readElements(): Promise<Table> {
  const mapsOf = async (branch: Branch) => {
    const [uids, marks] = await Promise.all([
      list('map', MAPS[branch]),
      list('map', MARK_MAPS[branch]),
    ]);
    return { uids, marks };
  };
  const [ordinary, exempt, v4, v6] = await Promise.all([
    mapsOf('ordinary'),
    mapsOf('exempt'),
    list('set', SETS.v4),
    list('set', SETS.v6),
  ]);
  return {
    table: true,
    mappings: mappingsIn({ ordinary, exempt }),
    networks: networksIn({ v4, v6 }),
  };
}

/**
 * readTable returns what is in our table. One that has been tampered with, or that another version has
 * made, counts as none: it is replaced as a whole. Rejects when nft does not answer.
 */
export async function readTable(log: Pick<Logger, 'warn'>): Promise<Table> {
  if (!hasTable(await nft('-j', 'list', 'tables'))) return NO_TABLE;
  if (!isWhole(await nft('-j', '-t', 'list', 'table', TABLE_FAMILY, TABLE_NAME))) {
    log.warn('the nft table is not as this version makes it, and is made again');
    return NO_TABLE;
  }
  try {
    return await readElements();
  } catch (err) {
    log.warn({ err }, 'the nft table holds what we did not put there, and is made again');
    return NO_TABLE;
  }
}

/** What one loan costs every process: from the call until both agents are in line with it. */
import { DAEMONS } from '@nodemgr/contracts';
import { encodeCall } from '@nodemgr/xml-rpc';
import type { LoadGenerator } from './bench-processes.ts';
import { printTable } from './report.ts';
import { type RunningNode, sliverName } from './running-node.ts';
import { median } from './statistics.ts';
import { type ChangeCost, ChangeWatch } from './watch-change.ts';

const ROUNDS = 15;
/** Loans before the first round: what they are compiled by and read from is there then. */
const WARM_UP = 5;

const lend = (amount: number): string =>
  encodeCall('SetLoans', [sliverName(0), [[sliverName(1), 'nm_cpu_share', amount]]]);

function lendOnce(node: RunningNode, load: LoadGenerator, amount: number): Promise<unknown> {
  const body = lend(amount);
  return load.run({
    server: { path: node.apiSocket },
    ...{ bodies: [body], connections: 1, fresh: false, calls: 1 },
    warmUp: encodeCall('GetLoans', [sliverName(0)]),
  });
}

function rowOf({ build }: RunningNode, costs: readonly ChangeCost[]) {
  const middle = (of: (cost: ChangeCost) => number) => median(costs.map(of));
  return [
    build.name,
    middle(({ actMs }) => actMs),
    middle(({ convergedMs }) => convergedMs),
    middle(({ steps }) => steps),
    ...DAEMONS.map((daemon) => middle(({ cpu }) => cpu.get(daemon) ?? Number.NaN)),
  ];
}

/** measureLoans prints what a loan of a CPU share between two slivers costs on each of `nodes`, in turn. */
export async function measureLoans(
  nodes: readonly RunningNode[],
  load: LoadGenerator,
): Promise<void> {
  const watched = [];
  for (const node of nodes) {
    watched.push({ node, watch: await ChangeWatch.open(node), costs: [] as ChangeCost[] });
  }
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const { node, watch, costs } of watched) {
      const cost = await watch.cost(async () => {
        await lendOnce(node, load, 1 + WARM_UP + round);
      });
      if (round >= 0) costs.push(cost);
    }
  }
  for (const { watch } of watched) await watch.close();
  printTable(
    `One loan between two of ${nodes[0]?.slivers} slivers; medians of ${ROUNDS}; CPU until both agents are in line`,
    'account-supervisor: a quarter of what it was',
    ['', 'answered ms', 'in line ms', 'steps', ...DAEMONS.map((daemon) => `${daemon} CPU ms`)],
    watched.map(({ node, costs }) => rowOf(node, costs)),
  );
}

/** What a delivery to a node of a thousand slivers costs every process, by how many of them it changes. */
import { createHash, randomUUID } from 'node:crypto';
import { connectCalls } from '@nodemgr/bus';
import { DAEMONS, type DaemonName, deliverContract } from '@nodemgr/contracts';
import {
  accountName,
  DEFAULT_IMAGE,
  type DeliveredRecord,
  epochSeconds,
  recordKeyOf,
} from '@nodemgr/records';
import { printTable } from './report.ts';
import { benchDocument, type RunningNode } from './running-node.ts';
import { median } from './statistics.ts';
import { type ChangeCost, ChangeWatch } from './watch-change.ts';

const SLIVERS = 1000;
const ROUNDS = 3;
/** How many slivers a delivery changes. */
const CHANGED = [0, 1, SLIVERS];
const DELIVER_MS = 30_000;
const SHORT_NAMES: Readonly<Record<DaemonName, string>> = {
  'plc-fetcher': 'fetcher',
  'db-service': 'db',
  'account-supervisor': 'supervisor',
  'bwcap-agent': 'bwcap',
  'api-gateway': 'gateway',
};
/** Takes a delivery to the node; resolves when db-service has it. */
type Deliver = (shares: readonly number[], differs: boolean) => Promise<void>;

function recordOf(number: number, share: number, timestamp: number): DeliveredRecord {
  const name = accountName(`bus_experiment${number}`);
  return {
    record_key: recordKeyOf('sliver', name),
    account_type: 'sliver',
    name,
    timestamp: epochSeconds(timestamp),
    plc_instantiated: true,
    ssh_keys: '',
    id: number + 1,
    rspec: { nm_cpu_share: share, nm_net_share: share },
    initscript: '',
    image: DEFAULT_IMAGE,
    delegations: [],
  };
}

/** Over the bus, in the place of plc-fetcher, which must be held meanwhile: it would undo it. */
function overTheBus({ endpoints }: RunningNode): { deliver: Deliver; close: () => void } {
  const client = connectCalls({ path: endpoints.deliver, contract: deliverContract });
  // Later than what plc-fetcher has delivered.
  let at = Math.floor(Date.now() / 1000);
  return {
    async deliver(shares) {
      at += 1;
      const timestamp = epochSeconds(at);
      const records = shares.map((share, number) => recordOf(number, share, timestamp));
      const digest = createHash('sha256').update(shares.join()).digest('hex');
      const said = { records, unreadable: [], remarks: [] };
      const update = { source: 'config', timestamp, digest, fresh: true, ...said } as const;
      const result = await client.call(
        'full_update',
        { request_id: randomUUID(), ...update },
        { deadlineMs: DELIVER_MS },
      );
      if (result.outcome !== 'accepted') throw new Error(JSON.stringify(result));
    },
    close: () => client.close(),
  };
}

/** The whole way: the document is replaced, and plc-fetcher is told to look now. */
function throughPlc(node: RunningNode): Deliver {
  return async (shares, differs) => {
    const revision = await node.revision();
    if (differs) node.publish(benchDocument(shares));
    await node.fetch();
    if (differs) await node.past(revision);
  };
}

function rowOf(name: string, costs: readonly ChangeCost[]) {
  const middle = (of: (cost: ChangeCost) => number) => median(costs.map(of));
  return [
    name,
    middle(({ actMs }) => actMs),
    middle(({ convergedMs }) => convergedMs),
    middle(({ published }) => published),
    middle(({ steps }) => steps),
    middle(({ changes }) => changes),
    ...DAEMONS.map((daemon) => middle(({ cpu }) => cpu.get(daemon) ?? Number.NaN)),
  ];
}

/** Every delivery differs from the one before it in the shares of as many slivers as it says. */
async function measure(watch: ChangeWatch, way: string, deliver: Deliver) {
  const costs = CHANGED.map((): ChangeCost[] => []);
  let shares: readonly number[] = new Array<number>(SLIVERS).fill(32);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [place, changed] of CHANGED.entries()) {
      shares = shares.map((share, number) => (number < changed ? share + 1 : share));
      const next = shares;
      costs[place]?.push(await watch.cost(() => deliver(next, changed > 0)));
    }
  }
  return CHANGED.map((changed, place) => rowOf(`${way}, ${changed} changed`, costs[place] ?? []));
}

async function measureBus(node: RunningNode) {
  const watch = await ChangeWatch.open(node);
  const bus = overTheBus(node);
  const resume = node.hold('plc-fetcher');
  try {
    await bus.deliver(new Array<number>(SLIVERS).fill(32), true);
    await node.converged();
    return await measure(watch, 'full_update', bus.deliver);
  } finally {
    resume();
    bus.close();
    await watch.close();
  }
}

async function measureDocuments(node: RunningNode) {
  const watch = await ChangeWatch.open(node);
  try {
    return await measure(watch, 'slices.xml', throughPlc(node));
  } finally {
    await watch.close();
  }
}

/** measureDeliveries prints what deliveries cost; `few` gets a thousand more slivers, `many` has them. */
export async function measureDeliveries(few: RunningNode, many: RunningNode): Promise<void> {
  const rows = [...(await measureBus(few)), ...(await measureDocuments(many))];
  printTable(
    `A delivery to ${SLIVERS} slivers; medians of ${ROUNDS}; CPU until both agents are in line`,
    'work in proportion to what changed, on every process; an unchanged document is not parsed',
    [
      '',
      ...['taken ms', 'in line ms', 'published', 'steps', 'tc/nft'],
      ...DAEMONS.map((daemon) => `${SHORT_NAMES[daemon]} CPU ms`),
    ],
    rows,
  );
}

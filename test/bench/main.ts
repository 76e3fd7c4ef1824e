/**
 * `npm run bench`, the node as a whole: the budgets, each measured beside a peer in the same run. It
 * says what is, and passes or fails nothing. Arguments name the parts that are wanted: reads, writes,
 * deliveries, daemons, getslivers; without any it is all of them.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { LoadGenerator } from './bench-processes.ts';
import { measureDaemons, measureSizes } from './measure-daemons.ts';
import { measureDeliveries } from './measure-deliveries.ts';
import { measureGetSlivers } from './measure-getslivers.ts';
import { measureReads } from './measure-reads.ts';
import { measureWrites } from './measure-writes.ts';
import { makeFolder, RunningNode } from './running-node.ts';

/** What a node may do behind a start until it counts as idle (milliseconds). */
const SETTLE_MS = 2000;

const wanted = process.argv.slice(2);
const isWanted = (part: string) => wanted.length === 0 || wanted.includes(part);

async function measureAll(few: RunningNode, many: RunningNode): Promise<void> {
  const load = new LoadGenerator();
  try {
    await delay(SETTLE_MS);
    const sizes = await measureSizes(many);
    if (isWanted('reads')) await measureReads(few.folder, [few, many], load);
    if (isWanted('writes')) await measureWrites(many.folder, many, load);
    if (isWanted('deliveries')) await measureDeliveries(few, many);
    await many.stop();
    if (isWanted('daemons')) await measureDaemons(many, sizes);
  } finally {
    await load.stop();
  }
}

async function main(): Promise<void> {
  const places = { few: makeFolder('few'), many: makeFolder('many') };
  const nodes: RunningNode[] = [];
  try {
    const few = await RunningNode.start(places.few.folder, 10);
    nodes.push(few);
    const many = await RunningNode.start(places.many.folder, 1000);
    nodes.push(many);
    await measureAll(few, many);
    await few.stop();
    if (isWanted('getslivers')) await measureGetSlivers();
  } finally {
    for (const node of nodes) await node.stop();
    for (const { remove } of Object.values(places)) remove();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});

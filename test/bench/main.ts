/**
 * `npm run bench`, the node as a whole: the budgets, each measured beside a peer in the same run. It
 * says what is, and passes or fails nothing. Arguments name the parts that are wanted: reads, writes,
 * loans, deliveries, daemons, getslivers; without any it is all of them. `--before CHECKOUT` measures another
 * checkout, which must be built, beside this one, in alternating rounds; given more than once, so many.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LoadGenerator } from './bench-processes.ts';
import { measureDaemons, measureSizes } from './measure-daemons.ts';
import { measureDeliveries } from './measure-deliveries.ts';
import { measureGetSlivers } from './measure-getslivers.ts';
import { measureLoans } from './measure-loans.ts';
import { measureReads } from './measure-reads.ts';
import { measureWrites } from './measure-writes.ts';
import { type Build, buildOf, makeFolder, RunningNode } from './running-node.ts';

/** What a node may do behind a start until it counts as idle (milliseconds); V8 gives memory back after eight seconds. */
const SETTLE_MS = 15_000;
/** Slivers between which a single loan is measured. */
const LENDING = 60;

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { before: { type: 'string', multiple: true, default: [] } },
});
const isWanted = (part: string) => wanted.length === 0 || wanted.includes(part);

/** `many`: this build's, and then those of other checkouts. */
async function measureAll(
  few: RunningNode,
  many: readonly RunningNode[],
  lending: readonly RunningNode[],
): Promise<void> {
  const load = new LoadGenerator();
  const [first] = many;
  if (first === undefined) return;
  try {
    await delay(SETTLE_MS);
    const stopped = [];
    for (const node of many) stopped.push(await measureSizes(node));
    if (isWanted('reads')) await measureReads(few.folder, [few, ...many], load);
    if (isWanted('writes')) await measureWrites(many, load);
    if (isWanted('loans')) await measureLoans(lending, load);
    if (isWanted('deliveries')) await measureDeliveries(few, first);
    for (const node of many) await node.stop();
    if (isWanted('daemons')) await measureDaemons(stopped);
  } finally {
    await load.stop();
  }
}

async function main(): Promise<void> {
  const cleanUp: (() => void)[] = [];
  const nodes: RunningNode[] = [];
  const start = async (slivers: number, build?: Build) => {
    const { folder, remove } = makeFolder(`${slivers}`);
    cleanUp.push(remove);
    const node = await RunningNode.start(folder, slivers, { build });
    nodes.push(node);
    return node;
  };
  try {
    const few = await start(10);
    const builds = [undefined, ...values.before.map(buildOf)];
    const many = [];
    for (const build of builds) many.push(await start(1000, build));
    const lending = [];
    for (const build of isWanted('loans') ? builds : []) lending.push(await start(LENDING, build));
    await measureAll(few, many, lending);
    await few.stop();
    if (isWanted('getslivers')) await measureGetSlivers();
  } finally {
    for (const node of nodes) await node.stop();
    for (const remove of cleanUp) remove();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});

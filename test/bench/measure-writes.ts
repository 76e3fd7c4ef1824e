/**
 * SetLoans by one client and by many, beside bare transactions of SQLite and a bare fsync on the same disk.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeCall } from '@nodemgr/xml-rpc';
import Database from 'better-sqlite3';
import type { LoadGenerator } from './bench-processes.ts';
import { printTable } from './report.ts';
import { type RunningNode, sliverName } from './running-node.ts';
import { median, percentile } from './statistics.ts';

const ROUNDS = 7;
const WRITES = 60;

/** Clients at once, each with a sliver of its own, and the writes of a round of all of them. */
const CLIENTS = 64;
const WRITES_OF_ALL = 640;

const setLoans = (amount: number, lender = 0): string =>
  encodeCall('SetLoans', [sliverName(lender), [[sliverName(CLIENTS), 'nm_net_max_rate', amount]]]);

/** Times `act` again and again: milliseconds of each. */
function timed(act: (number: number) => void): number[] {
  return Array.from({ length: WRITES }, (_, number) => {
    const started = performance.now();
    act(number);
    return performance.now() - started;
  });
}

/** A table like db-service's own, with its settings, and a row as long. */
function bareTransactions(folder: string) {
  const db = new Database(join(folder, 'bare.sqlite'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE locals (key TEXT PRIMARY KEY, body TEXT) STRICT');
  const put = db.prepare('INSERT OR REPLACE INTO locals VALUES (?, ?)');
  const write = db.transaction((body: string) => put.run('sliver_site0_experiment0', body));
  return {
    round: () => timed((number) => write(setLoans(number))),
    close: () => db.close(),
  };
}

function bareFsyncs(folder: string) {
  const file = openSync(join(folder, 'bare.bin'), 'w');
  const page = Buffer.alloc(4096, 1);
  return {
    round: () =>
      timed(() => {
        writeSync(file, page);
        fsyncSync(file);
      }),
    close: () => closeSync(file),
  };
}

interface Rounds {
  readonly name: string;
  readonly p50: number[];
  readonly p99: number[];
}

const warmUp = encodeCall('GetLoans', [sliverName(0)]);

/** measureOne takes turns with the peers, so that whatever slows the disk down slows all of them down. */
async function measureOne(
  nodes: readonly RunningNode[],
  load: LoadGenerator,
  peers: readonly (readonly [Rounds, () => number[]])[],
): Promise<readonly Rounds[]> {
  const apis = nodes.map(({ build }): Rounds => {
    return { name: `SetLoans, 1 client, ${build.name}`, p50: [], p99: [] };
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    const first = 1 + round * WRITES;
    const bodies = Array.from({ length: WRITES }, (_, write) => setLoans(first + write));
    for (const [at, { apiSocket: path }] of nodes.entries()) {
      const server = { path };
      const calls = { server, bodies, connections: 1, fresh: false, calls: WRITES, warmUp };
      const { p50Ms, p99Ms } = await load.run(calls);
      apis[at]?.p50.push(p50Ms);
      apis[at]?.p99.push(p99Ms);
    }
    for (const [{ p50, p99 }, run] of peers) {
      const took = run();
      p50.push(median(took));
      p99.push(percentile(took, 0.99));
    }
  }
  return apis;
}

interface Many {
  readonly name: string;
  readonly rates: number[];
  readonly p99: number[];
}

/** measureMany returns rows of the table. Bare transactions are made one after the other. */
async function measureMany(
  nodes: readonly RunningNode[],
  load: LoadGenerator,
  bareRound: () => number[],
) {
  const apis = nodes.map(({ build }): Many => {
    return { name: `SetLoans, ${CLIENTS} clients, ${build.name}`, rates: [], p99: [] };
  });
  const bare: Many = { name: 'bare transactions, one after the other', rates: [], p99: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const bodies = Array.from({ length: WRITES_OF_ALL }, (_, write) =>
      setLoans(1_000_000 + round * WRITES_OF_ALL + write, write % CLIENTS),
    );
    for (const [at, { apiSocket: path }] of nodes.entries()) {
      const { elapsedMs, p99Ms } = await load.run({
        ...{ server: { path }, bodies, connections: CLIENTS, fresh: false, warmUp },
        calls: WRITES_OF_ALL,
      });
      apis[at]?.rates.push((WRITES_OF_ALL * 1000) / elapsedMs);
      apis[at]?.p99.push(p99Ms);
    }
    const took = bareRound();
    bare.rates.push((took.length * 1000) / took.reduce((sum, ms) => sum + ms, 0));
    bare.p99.push(percentile(took, 0.99));
  }
  return [...apis, bare].map(({ name, rates, p99 }) => [
    name,
    median(rates),
    median(p99),
    median(rates.map((rate, round) => rate / (bare.rates[round] ?? Number.NaN))),
  ]);
}

/** measureWrites prints what a durable write costs on each of `nodes`. */
export async function measureWrites(
  nodes: readonly RunningNode[],
  load: LoadGenerator,
): Promise<void> {
  const [{ folder } = { folder: '.' }] = nodes;
  const sqlite = bareTransactions(folder);
  const fsync = bareFsyncs(folder);
  const transaction: Rounds = {
    name: 'better-sqlite3 transaction, synchronous=FULL',
    p50: [],
    p99: [],
  };
  const peers: readonly [Rounds, () => number[]][] = [
    [transaction, sqlite.round],
    [{ name: 'write of 4 KiB and fsync', p50: [], p99: [] }, fsync.round],
  ];
  const apis = await measureOne(nodes, load, peers);
  const many = await measureMany(nodes, load, sqlite.round);
  sqlite.close();
  fsync.close();
  const row = ({ name, p50, p99 }: Rounds) => [
    name,
    median(p50),
    median(p99),
    median(p50.map((ms, round) => ms / (transaction.p50[round] ?? Number.NaN))),
  ];
  printTable(
    `SetLoans, ${WRITES} different ones a round; medians of ${ROUNDS} rounds`,
    'within 3 times a bare transaction',
    ['', 'p50 ms', 'p99 ms', 'x transaction'],
    [...apis, ...peers.map(([rounds]) => rounds)].map(row),
  );
  printTable(
    `SetLoans, ${CLIENTS} clients at once; medians of ${ROUNDS} rounds`,
    'half of what bare transactions make, and p99 under 100 ms',
    ['', 'writes/s', 'p99 ms', 'x bare'],
    many,
  );
}

/** SetLoans by one client, beside bare transactions of SQLite and a bare fsync on the same disk. */
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

const setLoans = (amount: number): string =>
  encodeCall('SetLoans', [sliverName(0), [[sliverName(1), 'nm_net_max_rate', amount]]]);

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

/** measureWrites prints what a durable write costs; `folder` is on the node's disk. */
export async function measureWrites(
  folder: string,
  { apiSocket: path }: RunningNode,
  load: LoadGenerator,
): Promise<void> {
  const sqlite = bareTransactions(folder);
  const fsync = bareFsyncs(folder);
  const api: Rounds = { name: 'SetLoans, 1 client', p50: [], p99: [] };
  const peers: readonly [Rounds, () => number[]][] = [
    [{ name: 'better-sqlite3 transaction, synchronous=FULL', p50: [], p99: [] }, sqlite.round],
    [{ name: 'write of 4 KiB and fsync', p50: [], p99: [] }, fsync.round],
  ];
  for (let round = 0; round < ROUNDS; round += 1) {
    const first = 1 + round * WRITES;
    const bodies = Array.from({ length: WRITES }, (_, write) => setLoans(first + write));
    const warmUp = encodeCall('GetLoans', [sliverName(0)]);
    const calls = { server: { path }, bodies, connections: 1, fresh: false, calls: WRITES, warmUp };
    const { p50Ms, p99Ms } = await load.run(calls);
    api.p50.push(p50Ms);
    api.p99.push(p99Ms);
    for (const [{ p50, p99 }, run] of peers) {
      const took = run();
      p50.push(median(took));
      p99.push(percentile(took, 0.99));
    }
  }
  sqlite.close();
  fsync.close();
  const row = ({ name, p50, p99 }: Rounds) => [
    name,
    median(p50),
    median(p99),
    median(p50.map((ms, round) => (api.p50[round] ?? Number.NaN) / ms)),
  ];
  printTable(
    `SetLoans, ${WRITES} different ones a round; medians of ${ROUNDS} rounds`,
    'bounded by one fsync',
    ['', 'p50 ms', 'p99 ms', 'SetLoans is x this'],
    [row(api), ...peers.map(([rounds]) => row(rounds))],
  );
}

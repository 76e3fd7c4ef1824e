/** A fetcher that runs, of a configuration of node 17 for a PLC of the test's own. */
import { parseConfig } from '@nodemgr/config';
import { FailureBoard } from '@nodemgr/daemon';
import { pino } from 'pino';
import type { FakeDbService } from './fake-db-service.test-support.ts';
import type { FakePlc } from './fake-plc.test-support.ts';
import { type Fetcher, makeFetcher } from './make-fetcher.ts';

export interface RunningFetcher {
  readonly fetcher: Fetcher;
  readonly failures: FailureBoard;
  stop(): Promise<void>;
}

export interface FetcherParts {
  /** Where its state is. */
  readonly folder: string;
  readonly plc: FakePlc;
  readonly db: FakeDbService;
  /** Seconds since 1970. */
  readonly now: () => number;
}

/** runFetcher starts a fetcher; `toml` is more of its configuration, which begins within [plc]. */
export function runFetcher({ folder, plc, db, now }: FetcherParts, toml: string): RunningFetcher {
  const text = `
    [node]
    id = 17
    state_dir = "${folder}/state"
    [plc]
    url = "${plc.url}"
    ca_file = "${plc.caFile}"
    spread = 0
    ${toml}`;
  const stop = new AbortController();
  const failures = new FailureBoard();
  const fetcher = makeFetcher({
    config: parseConfig(text, {}, 'test.toml'),
    failures,
    log: pino({ level: 'silent' }),
    signal: stop.signal,
    port: db,
    clock: { wallMs: () => now() * 1000, monotonicMs: () => performance.now() },
    random: () => 0,
    checkMs: 5,
  });
  const ended = fetcher.run();
  return {
    fetcher,
    failures,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

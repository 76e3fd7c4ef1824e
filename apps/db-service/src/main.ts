/** db-service: owns the database, the only writer. This file only wires. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishFeed, serveCalls } from '@nodemgr/bus';
import { dbOperatorContract, deliverContract, writeContract } from '@nodemgr/contracts';
import { type DaemonContext, type RunningDaemon, runDaemon } from '@nodemgr/daemon';
import { native } from '@nodemgr/native';
import { operatorHandlers } from './answer-operator.ts';
import { loadState } from './load-state.ts';
import { StateKeeper } from './state-keeper.ts';
import { Deliveries } from './take-deliveries.ts';
import { writeHandlers } from './take-writes.ts';
import { TrustedClock } from './trusted-clock.ts';

/** How often the clock is read and expiry swept. */
const SWEEP_MS = 1000;

const machineClock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  synchronised: () => native().clockSynchronised(),
};

async function start(context: DaemonContext): Promise<RunningDaemon> {
  const { config, endpoints, log, failures } = context;
  const { store, state, revision, salvage, badRows } = loadState(
    join(config.node.state_dir, 'db', 'nodemgr.sqlite'),
    log,
  );
  for (const { table, key, why } of badRows) {
    failures.report({ subject: `${table} ${key}`, action: 'read the database', reason: why });
  }
  const bootId = readFileSync(config.node.boot_id_file, 'utf8').trim();
  const clock = new TrustedClock(machineClock, config.clock);
  const keeper = new StateKeeper({
    store,
    state,
    revision,
    defaults: config.rspec_defaults,
    publish: (change) => feed.publish(change),
    damaged: (error) => {
      log.fatal({ err: error }, 'the database is damaged; restarting to salvage it');
      process.exit(1);
    },
  });
  const deliveries = new Deliveries({
    keeper,
    clock,
    guard: config.guard,
    bootId,
    keepSeconds: config.accounts.keep_files_seconds,
    failures,
    log,
  });
  const feed = await publishFeed({
    changes: endpoints.feedChanges,
    snapshot: endpoints.feedSnapshot,
    current: () => keeper.snapshot(),
    position: () => keeper.position,
    log,
  });
  const sweep = () => {
    clock.read();
    try {
      deliveries.sweep();
      failures.clear('expiry');
    } catch (error) {
      failures.report({ subject: 'expiry', action: 'sweep', reason: (error as Error).message });
      log.error({ err: error }, 'expiry could not be swept; tried again in a second');
    }
  };
  const sweeping = setInterval(sweep, SWEEP_MS);
  const servers = await Promise.all([
    serveCalls({
      path: endpoints.deliver,
      contract: deliverContract,
      handlers: {
        full_update: (params) => deliveries.full(params),
        single_record: (params) => deliveries.single(params),
        held_source: ({ source }) => deliveries.held(source),
      },
      log,
    }),
    serveCalls({
      path: endpoints.write,
      contract: writeContract,
      handlers: writeHandlers(keeper, () => clock.now, log),
      log,
    }),
    serveCalls({
      path: endpoints.operator['db-service'],
      contract: dbOperatorContract,
      handlers: operatorHandlers({
        keeper,
        deliveries,
        clock,
        bootId,
        salvage,
        commonStatus: context.commonStatus,
      }),
      log,
    }),
  ]);
  return {
    async stop() {
      clearInterval(sweeping);
      await Promise.all(servers.map((server) => server.close()));
      await feed.close();
      store.close();
    },
  };
}

void runDaemon('db-service', start);

/** account-supervisor: configuration → machine → loop → feed → operators. Wiring only. */
import { join } from 'node:path';
import { ownFolder, REAL_TIMING, ReconcileLoop } from '@nodemgr/agent';
import { serveCalls, subscribeFeed } from '@nodemgr/bus';
import { supervisorOperatorContract } from '@nodemgr/contracts';
import { type DaemonContext, type RunningDaemon, readBootId, runDaemon } from '@nodemgr/daemon';
import { DryRunMachine } from './dry-run/dry-run-machine.ts';
import { operatorHandlers } from './operator-view.ts';
import { AccountSupervisor } from './supervisor.ts';

/** Everything is looked at again this often, should anyone else have changed it. */
const RESYNC_MS = 300_000;

async function start(context: DaemonContext): Promise<RunningDaemon> {
  const { config, log, failures, endpoints } = context;
  const { accounts } = config;
  ownFolder(
    join(config.node.state_dir, 'machine'),
    'another account-supervisor has these accounts',
  );
  const bootId = readBootId(config.node.boot_id_file);
  const machine = await DryRunMachine.open(context, bootId);
  const supervisor = await AccountSupervisor.open({
    machine,
    accounts,
    bootId,
    failures,
    timing: REAL_TIMING,
    feed: () => feed,
    wake: (names, revision) => loop.wake(names, revision),
  });
  const options = { workers: accounts.workers, failures, log, resyncMs: RESYNC_MS };
  const loop = new ReconcileLoop(supervisor, options);
  loop.start();
  const feed = subscribeFeed({
    changes: endpoints.feedChanges,
    snapshot: endpoints.feedSnapshot,
    log,
    onChange: ({ keys, revision }) => supervisor.changed(keys, revision),
  });
  const operators = await serveCalls({
    path: endpoints.operator[context.name],
    contract: supervisorOperatorContract,
    handlers: operatorHandlers({
      supervisor,
      machine,
      policy: accounts,
      busy: () => loop.busy,
      settledUpTo: (newest) => loop.settledUpTo(newest),
      commonStatus: context.commonStatus,
    }),
    log,
  });
  return {
    async stop() {
      supervisor.stop();
      await Promise.all([feed.close(), loop.stop(), operators.close()]);
    },
  };
}

void runDaemon('account-supervisor', start);

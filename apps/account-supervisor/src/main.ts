/** account-supervisor: configuration → machine → loop → feed → operators. Wiring only. */
import { join } from 'node:path';
import { Journal, ownFolder, REAL_TIMING, ReconcileLoop } from '@nodemgr/agent';
import { serveCalls, subscribeFeed } from '@nodemgr/bus';
import { supervisorOperatorContract, usageContract } from '@nodemgr/contracts';
import {
  type DaemonContext,
  machineClock,
  type RunningDaemon,
  readBootId,
  runDaemon,
  TrustedClock,
} from '@nodemgr/daemon';
import { UsageHistory } from '@nodemgr/usage-history';
import { AccountHistory } from './history/account-history.ts';
import { DryRunMachine } from './machine/dry-run/dry-run-machine.ts';
import { type LinuxContext, LinuxMachine } from './machine/linux/linux-machine.ts';
import type { Machine } from './machine/port.ts';
import { operatorHandlers, sliverLooks, usageHandlers } from './report/operator-view.ts';
import { AccountSupervisor } from './supervisor.ts';
import { HeldWakes } from './waits/held-wakes.ts';

/** Everything is looked at again this often, should anyone else have changed it. */
const RESYNC_MS = 300_000;

async function openMachine(
  context: DaemonContext,
  bootId: string,
  onNotice: LinuxContext['onNotice'],
): Promise<Machine> {
  const { config, log } = context;
  return config.node.driver === 'linux'
    ? new LinuxMachine({ config, log, onNotice })
    : DryRunMachine.open(context, bootId);
}

async function openHistory(
  { config, log, failures }: DaemonContext,
  clock: TrustedClock,
): Promise<AccountHistory> {
  const journal = await Journal.open({
    folder: join(config.node.state_dir, 'history'),
    failures,
    log,
    timing: REAL_TIMING,
    monotonicMs: () => performance.now(),
    clockTrusted: () => clock.look().clockTrusted,
  });
  const now = clock.stamps(await journal.newestAt());
  return new AccountHistory({ journal, failures, timing: { ...REAL_TIMING, now } });
}

async function start(context: DaemonContext): Promise<RunningDaemon> {
  const { config, log, endpoints } = context;
  const { accounts } = config;
  ownFolder(
    join(config.node.state_dir, 'machine'),
    'another account-supervisor has these accounts',
  );
  const bootId = readBootId(config.node.boot_id_file);
  const clock = new TrustedClock(machineClock(context.failures), config.clock);
  const history = await openHistory(context, clock);
  const wakes = new HeldWakes();
  const machine = await openMachine(context, bootId, (name, notice) => {
    history.happened(name, notice);
    // Only an end leaves something to be done; a tenant's fork bomb must not keep the loop busy.
    if (notice.notice === 'ended') wakes.wake(name);
  });
  const supervisor = await AccountSupervisor.open({
    machine,
    accounts,
    leases: config.leases,
    bootId,
    failures: history.failures,
    timing: REAL_TIMING,
    clock,
    history,
    feed: () => feed,
    wake: (names, revision) => loop.wake(names, revision),
    retry: (names) => loop.retry(names),
  });
  const loop = new ReconcileLoop(supervisor, {
    code: 'account',
    workers: accounts.workers,
    failures: history.failures,
    log,
    resyncMs: RESYNC_MS,
  });
  const feed = subscribeFeed({
    changes: endpoints.feedChanges,
    snapshot: endpoints.feedSnapshot,
    log,
    onChange: ({ keys, revision }) => supervisor.changed(keys, revision),
  });
  // Whatever wakes an account needs the loop, and the loop the feed.
  loop.start();
  wakes.handTo((names) => loop.wake(names));
  const use = new UsageHistory({
    file: join(config.node.state_dir, 'history', 'usage.sqlite'),
    looks: () => sliverLooks({ supervisor, machine }, bootId),
    clock,
    monotonicMs: () => performance.now(),
    timing: REAL_TIMING,
    failures: context.failures,
    log,
  });
  const operators = await serveCalls({
    path: endpoints.operator[context.name],
    contract: supervisorOperatorContract,
    handlers: operatorHandlers({
      supervisor,
      machine,
      history,
      use,
      bootId,
      policy: accounts,
      loop,
      failures: context.failures,
      commonStatus: context.commonStatus,
    }),
    log,
  });
  const usage = await serveCalls({
    path: endpoints.usage['account-supervisor'],
    contract: usageContract,
    handlers: usageHandlers({ machine, use }),
    log,
  });
  return {
    async stop() {
      supervisor.stop();
      // No step begins any more once the loop has been told: then the machine waits for those that run.
      const servers = [operators.close(), usage.close()];
      await Promise.all([feed.close(), loop.stop(), ...servers, machine.close()]);
      use.close();
      await history.close();
    },
  };
}

void runDaemon('account-supervisor', start);

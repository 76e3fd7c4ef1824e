/** bwcap-agent: configuration → kernel → loop → feed, user ids and network → operators. Wiring only. */
import { join } from 'node:path';
import { Journal, ownFolder, REAL_TIMING, ReconcileLoop } from '@nodemgr/agent';
import { serveCalls, subscribeFeed } from '@nodemgr/bus';
import { bandwidthOperatorContract, usageContract } from '@nodemgr/contracts';
import {
  type DaemonContext,
  type FailureBoard,
  machineClock,
  type RunningDaemon,
  readBootId,
  runDaemon,
  sleep,
  TrustedClock,
} from '@nodemgr/daemon';
import { type NodeAccountsReader, watchNodeAccounts } from '@nodemgr/node-accounts';
import { bitsPerSecond } from '@nodemgr/records';
import { UsageHistory } from '@nodemgr/usage-history';
import { BandwidthAgent, UPLINK } from './bandwidth-agent.ts';
import { DayWatch } from './days/day-watch.ts';
import { DryRunKernel } from './kernel/dry-run/dry-run-kernel.ts';
import { LinuxKernel } from './kernel/linux/linux-kernel.ts';
import { removeLimitsMain } from './kernel/linux/remove-limits.ts';
import type { Kernel } from './kernel/port.ts';
import { operatorHandlers, sliverLooks, usageHandlers } from './report/operator-view.ts';

/** Subject of what fails in looking. */
const FOLLOWING = 'network';
/** Everything is looked at again this often, should anyone else have changed it. */
const RESYNC_MS = 300_000;
/** How often the user ids and the network are looked at: a few system calls when nothing has changed. */
const LOOK_MS = 250;

interface Followed {
  readonly accounts: NodeAccountsReader;
  readonly kernel: Kernel;
  readonly agent: BandwidthAgent;
}

/** Looks at what may have changed beside the feed; `missed`: nobody knows what has happened. */
async function look({ accounts, kernel, agent }: Followed, missed: boolean): Promise<void> {
  const { uplink, limits } = kernel.happened();
  if (uplink || missed) agent.uplinkFound(await kernel.findUplink());
  if (limits || missed) agent.lookAgain();
  agent.rangesRead((await accounts.current()).ranges);
}

/** Looks again and again, until `signal` aborts. */
async function follow(
  followed: Followed,
  failures: FailureBoard,
  signal: AbortSignal,
): Promise<void> {
  let missed = false;
  while (await sleep(LOOK_MS, signal)) {
    try {
      await look(followed, missed);
      missed = false;
      failures.clear(FOLLOWING);
    } catch (error) {
      missed = true;
      const reason = error instanceof Error ? error.message : String(error);
      failures.report({ code: 'network', subject: FOLLOWING, action: 'look', reason });
    }
  }
}

function kernelOf({ config, log }: DaemonContext, bootId: string): Promise<Kernel> | Kernel {
  if (config.node.driver === 'dry-run') return DryRunKernel.open(config, bootId, log);
  return new LinuxKernel(config.bandwidth.interface, log);
}

function readerOf({ config, log }: DaemonContext): NodeAccountsReader {
  const { passwd_file, subuid_file, sliver_shell, delegate_shell } = config.accounts;
  const shells = { sliver: sliver_shell, delegate: delegate_shell };
  return watchNodeAccounts({ passwd_file, subuid_file, shells, log });
}

/** The history that this process keeps, and the account of what slivers send in a day. */
async function openDays({ config, log, failures }: DaemonContext, folder: string, bootId: string) {
  const clock = new TrustedClock(machineClock(failures), config.clock);
  const journal = await Journal.open({
    folder: join(folder, 'history'),
    failures,
    log,
    timing: REAL_TIMING,
    monotonicMs: () => performance.now(),
    clockTrusted: () => clock.look().clockTrusted,
  });
  const { day_hour: hour, day_zone: zone, link_rate } = config.bandwidth;
  const days = await DayWatch.open({
    file: join(folder, 'days.json'),
    bootId,
    rule: { hour, zone },
    link: bitsPerSecond(link_rate),
    clock,
    journal,
    stamp: clock.stamps(await journal.newestAt()),
    timing: REAL_TIMING,
    failures,
    log,
  });
  return { days, journal, clock };
}

async function start(context: DaemonContext): Promise<RunningDaemon> {
  const { config, log, failures, endpoints } = context;
  const folder = join(config.node.state_dir, 'bandwidth');
  ownFolder(folder, 'another bwcap-agent has these limits');
  const bootId = readBootId(config.node.boot_id_file);
  const { days, journal, clock } = await openDays(context, folder, bootId);
  const accounts = readerOf(context);
  const { ranges } = await accounts.current();
  const kernel = await kernelOf(context, bootId);
  const found = await kernel.findUplink();
  // From here on nothing is waited for until the loop is there: the feed may speak at any time.
  const feed = subscribeFeed({
    changes: endpoints.feedChanges,
    snapshot: endpoints.feedSnapshot,
    log,
    onChange: ({ keys, revision }) => agent.feedChanged(keys, revision),
  });
  const agent = new BandwidthAgent({
    kernel,
    node: {
      link: bitsPerSecond(config.bandwidth.link_rate),
      defaults: config.rspec_defaults,
    },
    found,
    ranges,
    days,
    failures,
    timing: REAL_TIMING,
    feed: () => feed,
    wake: (revision) => loop.wake([UPLINK], revision),
    retry: () => loop.retry([UPLINK]),
  });
  const loop = new ReconcileLoop(agent, {
    code: 'uplink',
    workers: 1,
    failures,
    log,
    resyncMs: RESYNC_MS,
  });
  loop.start();
  days.start({
    get uplink() {
      return agent.uplink;
    },
    get observed() {
      return agent.observed;
    },
    counters: () => (agent.uplink === undefined ? new Map() : kernel.counters(agent.uplink)),
    rspecOf: (name) => agent.rspecOf(name),
    ratesChanged: (names) => agent.dayRatesChanged(names),
  });
  const use = new UsageHistory({
    file: join(folder, 'history', 'usage.sqlite'),
    looks: () => sliverLooks({ days }),
    clock,
    monotonicMs: () => performance.now(),
    timing: REAL_TIMING,
    failures,
    log,
  });
  const stop = new AbortController();
  const following = follow({ accounts, kernel, agent }, failures, stop.signal);
  const operators = await serveCalls({
    path: endpoints.operator[context.name],
    contract: bandwidthOperatorContract,
    handlers: operatorHandlers({
      agent,
      kernel,
      days,
      journal,
      use,
      feed: () => feed,
      loop,
      failures,
      commonStatus: context.commonStatus,
    }),
    log,
  });
  const usage = await serveCalls({
    path: endpoints.usage['bwcap-agent'],
    contract: usageContract,
    handlers: usageHandlers({ agent, kernel, days, use }),
    log,
  });
  return {
    async stop() {
      stop.abort();
      agent.stop();
      const servers = [operators.close(), usage.close()];
      await Promise.all([feed.close(), loop.stop(), ...servers, following]);
      use.close();
      await days.stop();
      await journal.close();
      kernel.close();
    },
  };
}

const [option, unit] = process.argv.slice(2);
if (option === '--remove-limits-of') void removeLimitsMain(unit ?? '');
else void runDaemon('bwcap-agent', start);

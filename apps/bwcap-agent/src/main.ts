/** bwcap-agent: configuration → kernel → loop → feed and user ids → operators. Wiring only. */
import { join } from 'node:path';
import { ownFolder, REAL_TIMING, ReconcileLoop } from '@nodemgr/agent';
import { serveCalls, subscribeFeed } from '@nodemgr/bus';
import { bandwidthOperatorContract } from '@nodemgr/contracts';
import {
  type DaemonContext,
  type RunningDaemon,
  readBootId,
  runDaemon,
  sleep,
} from '@nodemgr/daemon';
import { type NodeAccountsReader, watchNodeAccounts } from '@nodemgr/node-accounts';
import { bitsPerSecond } from '@nodemgr/records';
import { BandwidthAgent, UPLINK } from './bandwidth-agent.ts';
import { DryRunKernel } from './dry-run/dry-run-kernel.ts';
import { operatorHandlers } from './operator-view.ts';
import { findUplink } from './uplink.ts';

/** Everything is looked at again this often, should anyone else have changed it. */
const RESYNC_MS = 300_000;
/** How often the user ids are looked at: two stat(2) calls when nothing has changed. */
const RANGES_MS = 500;

/** Looks for slivers that have come or gone, until `signal` aborts. */
async function followRanges(
  accounts: NodeAccountsReader,
  agent: BandwidthAgent,
  signal: AbortSignal,
): Promise<void> {
  while (await sleep(RANGES_MS, signal)) agent.rangesRead((await accounts.current()).ranges);
}

function readerOf({ config, log }: DaemonContext): NodeAccountsReader {
  const { passwd_file, subuid_file, sliver_shell, delegate_shell } = config.accounts;
  const shells = { sliver: sliver_shell, delegate: delegate_shell };
  return watchNodeAccounts({ passwd_file, subuid_file, shells, log });
}

async function start(context: DaemonContext): Promise<RunningDaemon> {
  const { config, log, failures, endpoints } = context;
  ownFolder(join(config.node.state_dir, 'bandwidth'), 'another bwcap-agent has these limits');
  const bootId = readBootId(config.node.boot_id_file);
  const uplink = await findUplink(config.bandwidth.interface);
  const accounts = readerOf(context);
  const { ranges } = await accounts.current();
  const kernel = await DryRunKernel.open(config, bootId, log);
  if (config.node.driver === 'linux') {
    log.warn(
      { driver: kernel.driver },
      'there is no driver for tc and nft: bandwidth is not limited',
    );
  }
  const feed = subscribeFeed({
    changes: endpoints.feedChanges,
    snapshot: endpoints.feedSnapshot,
    log,
    onChange: ({ keys, revision }) => agent.feedChanged(keys, revision),
  });
  const agent = new BandwidthAgent({
    kernel,
    node: {
      interface: uplink,
      link: bitsPerSecond(config.bandwidth.link_rate),
      defaults: config.rspec_defaults,
    },
    ranges,
    failures,
    timing: REAL_TIMING,
    feed: () => feed,
    wake: (revision) => loop.wake([UPLINK], revision),
  });
  const loop = new ReconcileLoop(agent, { workers: 1, failures, log, resyncMs: RESYNC_MS });
  loop.start();
  const stop = new AbortController();
  const following = followRanges(accounts, agent, stop.signal);
  const operators = await serveCalls({
    path: endpoints.operator[context.name],
    contract: bandwidthOperatorContract,
    handlers: operatorHandlers({
      agent,
      kernel,
      interface: uplink,
      feed: () => feed,
      settledUpTo: (newest) => loop.settledUpTo(newest),
      commonStatus: context.commonStatus,
    }),
    log,
  });
  return {
    async stop() {
      stop.abort();
      await Promise.all([feed.close(), loop.stop(), operators.close(), following]);
    },
  };
}

void runDaemon('bwcap-agent', start);

/** Answers operators' questions about the bandwidth limits. It changes nothing but the time of a retry. */
import { formatCommand, type ReconcileLoop, retryFailing } from '@nodemgr/agent';
import type { FeedSubscription, Handlers } from '@nodemgr/bus';
import {
  type bandwidthOperatorContract,
  type PlanResult,
  RETRY_MS,
  type Readings,
  type SliverTraffic,
  type SliverUsage,
  type Traffic,
  type Tried,
  type UsageContract,
} from '@nodemgr/contracts';
import type { CommonStatus, FailureBoard } from '@nodemgr/daemon';
import { type AccountName, recordKeyOf } from '@nodemgr/records';
import { type BandwidthAgent, type Batch, type Subject, UPLINK } from '../bandwidth-agent.ts';
import { renderChanges } from '../execute/render-changes.ts';
import type { Kernel } from '../kernel/port.ts';
import type { BandwidthState } from '../observed/bandwidth-state.ts';
import type { BandwidthStep } from '../plan/bandwidth-steps.ts';
import { readingsOf, trafficOf, wantedReadings } from './in-force.ts';

export interface OperatorParts {
  readonly agent: BandwidthAgent;
  readonly kernel: Kernel;
  readonly feed: () => Pick<FeedSubscription, 'items' | 'position'>;
  readonly loop: ReconcileLoop<Subject, BandwidthState, Batch>;
  readonly failures: Pick<FailureBoard, 'find'>;
  readonly commonStatus: () => CommonStatus;
}

type Status = ReturnType<Handlers<typeof bandwidthOperatorContract>['status']>;

const subjectOf = (step: BandwidthStep): string => ('name' in step ? step.name : 'node');

function planOf({ agent, kernel }: OperatorParts): PlanResult {
  const changes = agent.changes();
  const steps = changes.map((change) => ({
    subject: subjectOf(change),
    step: change.step,
    commands: renderChanges([change]).map((command) => formatCommand(command)),
  }));
  return { driver: kernel.driver, steps, unmet: unmetOf(agent) };
}

function unmetOf({ unmet }: BandwidthAgent): PlanResult['unmet'] {
  return unmet === undefined ? [] : [{ subject: UPLINK, ...unmet }];
}

function statusOf(parts: OperatorParts): Status {
  const { position } = parts.feed();
  const { tree, slivers } = parts.agent.observed;
  const { revision } = position;
  return {
    ...parts.commonStatus(),
    detail: {
      driver: parts.kernel.driver,
      feed: position,
      ...(parts.agent.uplink === undefined ? {} : { interface: parts.agent.uplink.name }),
      // Two for each sliver, and the node's own two.
      leaves: tree === undefined ? 0 : 2 * slivers.size + 2,
      ...(revision === undefined ? {} : { converged_revision: parts.loop.settledUpTo(revision) }),
    },
  };
}

async function readingsFor(
  { agent, kernel, feed }: OperatorParts,
  name: AccountName,
): Promise<Readings> {
  const { uplink } = agent;
  const found = uplink === undefined ? undefined : await kernel.read(uplink);
  const item = feed().items.get(recordKeyOf('sliver', name));
  const effective = item?.kind === 'account' ? item.effective : undefined;
  return {
    driver: kernel.driver,
    wanted: wantedReadings(agent.wantedFor(name), effective),
    readings: readingsOf(found?.slivers.get(name), (branch, parameter) =>
      agent.decisions.on(name, branch, parameter),
    ),
  };
}

async function trafficNow(
  { agent, kernel }: Pick<OperatorParts, 'agent' | 'kernel'>,
  only: AccountName | undefined,
): Promise<Traffic> {
  const { uplink, observed } = agent;
  const at = Date.now();
  const counters = uplink === undefined ? new Map() : await kernel.counters(uplink);
  return { driver: kernel.driver, at, ...trafficOf(observed, counters, only) };
}

/** usageIn returns what a sliver has sent in each branch; nothing where nothing is counted. */
export function usageIn(traffic: SliverTraffic | undefined): SliverUsage {
  const ordinary = traffic?.ordinary?.counters?.sent_bytes;
  const exempt = traffic?.exempt?.counters?.sent_bytes;
  return {
    ...(ordinary === undefined ? {} : { sent_bytes: ordinary }),
    ...(exempt === undefined ? {} : { sent_exempt_bytes: exempt }),
  };
}

/** usageHandlers answers api-gateway's question about the use that a sliver makes of the node. */
export function usageHandlers(
  parts: Pick<OperatorParts, 'agent' | 'kernel'>,
): Handlers<UsageContract> {
  return { usage: async ({ name }) => usageIn((await trafficNow(parts, name)).slivers[0]) };
}

/** The uplink is looked for, and the kernel read, afresh: also where nothing is tried again by itself. */
async function retry(
  { agent, kernel, loop, failures }: OperatorParts,
  name: string = failures.find(UPLINK) === undefined ? '' : UPLINK,
): Promise<Tried[]> {
  if (name !== UPLINK) return [];
  agent.uplinkFound(await kernel.findUplink());
  agent.lookAgain();
  return retryFailing(loop, failures, name, RETRY_MS);
}

/** operatorHandlers answers an operator's questions about the bandwidth limits. */
export function operatorHandlers(parts: OperatorParts): Handlers<typeof bandwidthOperatorContract> {
  return {
    status: () => statusOf(parts),
    plan: () => planOf(parts),
    readings: ({ name }) => readingsFor(parts, name),
    traffic: ({ name }) => trafficNow(parts, name),
    retry: async ({ name }) => ({ tried: await retry(parts, name) }),
  };
}

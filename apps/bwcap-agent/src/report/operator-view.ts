/** Answers operators' questions about the bandwidth limits. It changes nothing but the time of a retry. */
import { formatCommand, type Journal, type ReconcileLoop, retryFailing } from '@nodemgr/agent';
import type { FeedSubscription, Handlers } from '@nodemgr/bus';
import {
  type bandwidthOperatorContract,
  type PlanResult,
  RETRY_MS,
  type Readings,
  type SliverUsage,
  type Traffic,
  type Tried,
  type UsageContract,
  usageOf,
} from '@nodemgr/contracts';
import type { CommonStatus, FailureBoard } from '@nodemgr/daemon';
import type { AccountName } from '@nodemgr/records';
import type { SliverLook, UsageHistory } from '@nodemgr/usage-history';
import { type BandwidthAgent, type Batch, type Subject, UPLINK } from '../bandwidth-agent.ts';
import type { DayWatch } from '../days/day-watch.ts';
import { renderChanges } from '../execute/render-changes.ts';
import type { Kernel } from '../kernel/port.ts';
import type { Branch } from '../limits/htb-tree.ts';
import type { LIMITED } from '../limits/limits.ts';
import type { BandwidthState } from '../observed/bandwidth-state.ts';
import type { BandwidthStep } from '../plan/bandwidth-steps.ts';
import { dayReadings, readingsOf, trafficOf, wantedReadings } from './in-force.ts';

export interface OperatorParts {
  readonly agent: BandwidthAgent;
  readonly kernel: Kernel;
  readonly days: Pick<DayWatch, 'book' | 'look'>;
  readonly journal: Pick<Journal, 'events'>;
  readonly use: Pick<UsageHistory, 'rows' | 'days'>;
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
  { agent, kernel, days }: OperatorParts,
  name: AccountName,
): Promise<Readings> {
  const { uplink } = agent;
  days.look();
  const found = uplink === undefined ? undefined : await kernel.read(uplink);
  const leaves = found?.slivers.get(name);
  const effective = agent.rspecOf(name);
  const dayOf = (branch: Branch) => days.book.leafOf(name, branch, effective);
  const cutText = (branch: Branch) => days.book.reasonOf(name, branch);
  const decisionOn = (branch: Branch, parameter: (typeof LIMITED)[number]) =>
    agent.decisions.on(name, branch, parameter);
  return {
    driver: kernel.driver,
    wanted: wantedReadings(agent.wantedFor(name), { effective, dayOf, cutText }),
    readings: [...readingsOf(leaves, decisionOn), ...dayReadings(leaves, dayOf)],
  };
}

type TrafficParts = Pick<OperatorParts, 'agent' | 'kernel' | 'days'>;

function trafficNow({ agent, kernel, days }: TrafficParts, only: AccountName | undefined): Traffic {
  const at = Date.now();
  const counters = days.look();
  const dayOf = (name: AccountName, branch: Branch) =>
    days.book.leafOf(name, branch, agent.rspecOf(name));
  const { day } = days.book.counts;
  return {
    ...{ driver: kernel.driver, at, ...(day && { day }) },
    ...trafficOf(agent.observed, counters, dayOf, only),
  };
}

/** usageIn returns what a sliver has sent in each branch; nothing where nothing is counted. */
export function usageIn({ slivers: [sliver], day }: Traffic): SliverUsage {
  const { ordinary, exempt, today } = sliver ?? {};
  return usageOf({
    sent_bytes: ordinary?.counters?.sent_bytes,
    sent_exempt_bytes: exempt?.counters?.sent_bytes,
    day_began: today && day?.begins,
    day_ends: today && day?.ends,
    day_sent_bytes: today?.ordinary?.sent_bytes,
    day_sent_exempt_bytes: today?.exempt?.sent_bytes,
    cut_rate: today?.ordinary?.cut?.rate,
    cut_exempt_rate: today?.exempt?.cut?.rate,
  });
}

/** usageHandlers answers api-gateway's question about the use that a sliver makes of the node. */
export function usageHandlers(
  parts: TrafficParts & Pick<OperatorParts, 'use'>,
): Handlers<UsageContract> {
  return {
    usage: ({ name }) => usageIn(trafficNow(parts, name)),
    days: ({ name }) => parts.use.days(name),
  };
}

/**
 * sliverLooks returns what slivers have sent today: the day's account goes on where the kernel makes a class anew. It
 * begins again with each day, and what was sent between the last look of a day and its end is in none. Throws when the
 * counters cannot be read.
 */
export function* sliverLooks({ days }: Pick<OperatorParts, 'days'>): Iterable<SliverLook> {
  days.look();
  const { counts } = days.book;
  for (const name of counts.slivers.keys()) {
    const [sent, exempt] = [counts.sent(name, 'ordinary'), counts.sent(name, 'exempt')];
    yield { name, era: '', amounts: { sent_bytes: sent, sent_exempt_bytes: exempt } };
  }
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
    use_history: (query) => ({ driver: parts.kernel.driver, rows: parts.use.rows(query) }),
    events: (query) => parts.journal.events(query),
    retry: async ({ name }) => ({ tried: await retry(parts, name) }),
  };
}

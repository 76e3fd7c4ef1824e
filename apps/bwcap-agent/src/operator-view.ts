/** What operators are shown of the bandwidth limits: status and plan. Reads, changes nothing. */
import { formatCommand } from '@nodemgr/agent';
import type { FeedSubscription, Handlers } from '@nodemgr/bus';
import type { bandwidthOperatorContract, PlanResult, Readings } from '@nodemgr/contracts';
import type { CommonStatus } from '@nodemgr/daemon';
import { type AccountName, recordKeyOf } from '@nodemgr/records';
import type { BandwidthAgent } from './bandwidth-agent.ts';
import type { BandwidthStep } from './bandwidth-steps.ts';
import type { Kernel } from './kernel.ts';
import { renderChanges } from './render-changes.ts';
import { readingsOf, wantedReadings } from './wanted-readings.ts';

/** A kernel that is asked what is in force has this long to answer (milliseconds). */
const READINGS_MS = 3_000;

export interface OperatorParts {
  readonly agent: BandwidthAgent;
  readonly kernel: Kernel;
  readonly interface: string;
  readonly feed: () => Pick<FeedSubscription, 'items' | 'position'>;
  /** The revision up to which the limits are in line, or fail for reasons of their own. */
  readonly settledUpTo: (newest: number) => number;
  readonly commonStatus: () => CommonStatus;
}

type Status = ReturnType<Handlers<typeof bandwidthOperatorContract>['status']>;

const subjectOf = (step: BandwidthStep): string => ('name' in step ? step.name : 'node');

function planOf({ agent, kernel }: OperatorParts): PlanResult {
  const changes = agent.changes(agent.observed);
  const steps = changes.map((change) => ({
    subject: subjectOf(change),
    step: change.step,
    commands: renderChanges([change]).map((command) => formatCommand(command)),
  }));
  return { driver: kernel.driver, steps, withheld: [] };
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
      interface: parts.interface,
      // Two for each sliver, and the node's own two.
      leaves: tree === undefined ? 0 : 2 * slivers.size + 2,
      ...(revision === undefined ? {} : { converged_revision: parts.settledUpTo(revision) }),
    },
  };
}

async function readingsFor(
  { agent, kernel, feed }: OperatorParts,
  name: AccountName,
): Promise<Readings> {
  const { slivers } = await kernel.observe(AbortSignal.timeout(READINGS_MS));
  const item = feed().items.get(recordKeyOf('sliver', name));
  const effective = item?.kind === 'account' ? item.effective : undefined;
  return {
    driver: kernel.driver,
    wanted: [...wantedReadings(agent.wantedFor(name), effective)],
    readings: readingsOf(slivers.get(name)),
  };
}

/** operatorHandlers answers an operator's questions about the bandwidth limits. */
export function operatorHandlers(parts: OperatorParts): Handlers<typeof bandwidthOperatorContract> {
  return {
    status: () => statusOf(parts),
    plan: () => planOf(parts),
    readings: ({ name }) => readingsFor(parts, name),
  };
}

/**
 * What the machine itself says of slivers, beside what the feed says: their user ids, and what they use. It reads
 * passwd(5), and asks the agents that count; it changes nothing.
 */
import type { CallClient } from '@nodemgr/bus';
import { NoAnswer } from '@nodemgr/bus';
import {
  COUNTING_AGENTS,
  type CountingAgent,
  type DayUse,
  type PeriodAmounts,
  type SliverUsage,
  type UsageContract,
} from '@nodemgr/contracts';
import { FairTurns } from '@nodemgr/daemon';
import { Fault } from '@nodemgr/faults';
import type { NodeAccountsReader } from '@nodemgr/node-accounts';
import type { AccountName, HostUid } from '@nodemgr/records';
import type { Caller } from '../caller/caller.ts';
import { sharesOf } from '../caller/caller-shares.ts';

/** What a sliver uses now, and has used by day: the newest day last. */
export interface SliverUse {
  readonly now: SliverUsage;
  readonly days: readonly DayUse[];
}

/** mergeDays returns each day once, with what every agent counts of it. */
function mergeDays(parts: readonly (readonly DayUse[])[]): readonly DayUse[] {
  const days = new Map<string, PeriodAmounts>();
  for (const { day, amounts } of parts.flat()) days.set(day, { ...days.get(day), ...amounts });
  const merged = [...days].map(([day, amounts]) => ({ day, amounts }));
  return merged.sort((a, b) => (a.day < b.day ? -1 : 1));
}

export interface MachineFacts {
  /** sliverUids returns the user id of each sliver's account that is on the machine. */
  sliverUids(): Promise<ReadonlyMap<AccountName, HostUid>>;
  /** usageOf returns what a sliver uses. Rejects with Fault `unavailable` that names the agent that is away. */
  usageOf(sliver: AccountName, caller: Caller): Promise<SliverUse>;
}

export interface MachineFactsOptions {
  readonly accounts: NodeAccountsReader;
  readonly agents: Readonly<Record<CountingAgent, Pick<CallClient<UsageContract>, 'call'>>>;
}

/** The agents read some twenty files of the kernel's for each question. */
const TURNS = { atOnce: 8, perCommon: 2, perCaller: 2 };
/** How long an agent has to answer (milliseconds). */
const ANSWER_MS = 3_000;

/** machineFacts makes the real MachineFacts. */
export function machineFacts({ accounts, agents }: MachineFactsOptions): MachineFacts {
  const turns = new FairTurns(TURNS);

  async function partOf(agent: CountingAgent, name: AccountName) {
    const ask = agents[agent];
    const deadline = { deadlineMs: ANSWER_MS };
    try {
      const [now, days] = await Promise.all([
        ask.call('usage', { name }, deadline),
        ask.call('days', { name }, deadline),
      ]);
      return { now, days };
    } catch (cause) {
      const why =
        cause instanceof NoAnswer ? 'has not answered' : `failed: ${(cause as Error).message}`;
      throw new Fault('unavailable', `${agent} counts a part of what a sliver uses, and ${why}`, {
        cause,
      });
    }
  }

  return {
    sliverUids: async () => (await accounts.current()).sliverUids,
    usageOf: (name, caller) =>
      turns.run(sharesOf(caller), async () => {
        const parts = await Promise.all(COUNTING_AGENTS.map((agent) => partOf(agent, name)));
        return {
          now: Object.assign({}, ...parts.map(({ now }) => now)),
          days: mergeDays(parts.map(({ days }) => days)),
        };
      }),
  };
}

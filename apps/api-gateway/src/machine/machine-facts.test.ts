import { NoAnswer } from '@nodemgr/bus';
import type { DayUse, SliverUsage } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import { nodeAccountsFrom } from '@nodemgr/node-accounts';
import { accountName, hostUid } from '@nodemgr/records';
import { expect, test } from 'vitest';
import type { Caller } from '../caller/caller.ts';
import { type MachineFactsOptions, machineFacts } from './machine-facts.ts';

const SIRIUS = accountName('princeton_sirius');
const ROOT: Caller = { kind: 'root', uid: hostUid(0) };
const SHELLS = { sliver: '/bin/sliver', delegate: '/bin/delegate' };
const PASSWD = [
  'princeton_sirius:x:30000:30000::/:/bin/sliver',
  'del_snoop:x:30001:30001::/:/bin/delegate',
  'alice_b:x:1000:1000::/:/bin/sh',
  'mit_expired:x:30002:30002::/:/bin/sliver',
].join('\n');
const SUBUID = 'princeton_sirius:1879048192:65536\n';

type Answer = () => Promise<SliverUsage>;

function factsWith(supervisor: Answer, bandwidth: Answer) {
  const agent = (answer: Answer): MachineFactsOptions['agents']['bwcap-agent'] => ({
    call: (async (method: string) =>
      method === 'days' ? [] : answer()) as MachineFactsOptions['agents']['bwcap-agent']['call'],
  });
  return machineFacts({
    accounts: { current: async () => nodeAccountsFrom(PASSWD, SUBUID, SHELLS) },
    agents: { 'account-supervisor': agent(supervisor), 'bwcap-agent': agent(bandwidth) },
  });
}

const OF_SUPERVISOR: Answer = async () => ({ cpu_ms: 5, tasks: 2 });

test('the user ids of slivers are those of passwd, without delegates, other users and a sliver that has expired', async () => {
  const facts = factsWith(OF_SUPERVISOR, async () => ({}));
  expect([...(await facts.sliverUids())]).toEqual([['princeton_sirius', 30_000]]);
});

test('the use of a sliver is what both agents count of it', async () => {
  const facts = factsWith(OF_SUPERVISOR, async () => ({ sent_bytes: 7 }));
  expect(await facts.usageOf(SIRIUS, ROOT)).toEqual({
    now: { cpu_ms: 5, tasks: 2, sent_bytes: 7 },
    days: [],
  });
});

test('the days of both agents are merged, each once and the newest last', async () => {
  const days =
    (...all: DayUse[]) =>
    async () =>
      all;
  const agent = (ask: () => Promise<DayUse[]>): MachineFactsOptions['agents']['bwcap-agent'] => ({
    call: (async (method: string) =>
      method === 'days' ? ask() : {}) as MachineFactsOptions['agents']['bwcap-agent']['call'],
  });
  const facts = machineFacts({
    accounts: { current: async () => nodeAccountsFrom(PASSWD, SUBUID, SHELLS) },
    agents: {
      'account-supervisor': agent(days({ day: '2026-05-02', amounts: { cpu_ms: 5 } })),
      'bwcap-agent': agent(
        days(
          { day: '2026-05-01', amounts: { sent_bytes: 1 } },
          { day: '2026-05-02', amounts: { sent_bytes: 2 } },
        ),
      ),
    },
  });
  expect((await facts.usageOf(SIRIUS, ROOT)).days).toEqual([
    { day: '2026-05-01', amounts: { sent_bytes: 1 } },
    { day: '2026-05-02', amounts: { cpu_ms: 5, sent_bytes: 2 } },
  ]);
});

test.each([
  [new NoAnswer('no answer to usage in 3000 ms'), 'has not answered'],
  [new Fault('internal', 'netlink is deaf'), 'failed: netlink is deaf'],
])('an agent that counts nothing is named by fault 111: %s', async (error, why) => {
  const facts = factsWith(OF_SUPERVISOR, async () => {
    throw error;
  });
  await expect(facts.usageOf(SIRIUS, ROOT)).rejects.toMatchObject({
    code: 111,
    message: `bwcap-agent counts a part of what a sliver uses, and ${why}`,
  });
});

test('one caller has two questions under way, and those of others wait for none of its', async () => {
  const waiting: (() => void)[] = [];
  const facts = factsWith(
    () => new Promise((resolve) => waiting.push(() => resolve({ tasks: 1 }))),
    async () => ({}),
  );
  const sirius: Caller = { kind: 'sliver', uid: hostUid(30_000), name: SIRIUS };
  const greedy = [1, 2, 3, 4].map(() => facts.usageOf(SIRIUS, sirius));
  await expect.poll(() => waiting.length).toBe(2);
  const other = facts.usageOf(SIRIUS, ROOT);
  await expect.poll(() => waiting.length).toBe(3);
  waiting.splice(0).forEach((release) => {
    release();
  });
  await other;
  await expect.poll(() => waiting.length).toBe(2);
  waiting.splice(0).forEach((release) => {
    release();
  });
  expect(await Promise.all(greedy)).toHaveLength(4);
});

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REAL_TIMING, ReconcileLoop } from '@nodemgr/agent';
import { checkConfig } from '@nodemgr/config';
import type { AccountItem, BwcapItem, FeedItem, NodeEvent } from '@nodemgr/contracts';
import { FailureBoard, type Sign } from '@nodemgr/daemon';
import {
  type AccountName,
  BWCAP_KEY,
  bitsPerSecond,
  DEFAULT_IMAGE,
  DEFAULT_RSPEC,
  epochSeconds,
  hostUid,
  NO_LOCAL_FACTS,
  type RecordKey,
  type Rspec,
  recordKeyOf,
  revision,
} from '@nodemgr/records';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BandwidthAgent, UPLINK } from './bandwidth-agent.ts';
import { DayWatch } from './days/day-watch.ts';
import { DryRunKernel } from './kernel/dry-run/dry-run-kernel.ts';
import type { FoundUplink } from './kernel/uplink.ts';
import { bytes } from './limits/htb-class.ts';
import { type ClassMinor, classMinor } from './limits/htb-tree.ts';
import { operatorHandlers, usageHandlers } from './report/operator-view.ts';
import { EISENTEST, SIRIUS } from './test-support/builders.test-support.ts';

const NO_HISTORY = { rows: () => [], days: () => [] };

let state = '';
let stops: (() => Promise<void>)[] = [];
/** A noon. */
const NOON = 1_700_049_600;
let clock = { now: epochSeconds(NOON), clockTrusted: true };
const logged: string[] = [];
const note = (...[fields]: readonly unknown[]) => void logged.push(JSON.stringify(fields));
const log = { info: note, error: note, warn: note, debug: note };

beforeEach(async () => {
  clock = { now: epochSeconds(NOON), clockTrusted: true };
  logged.length = 0;
  state = await mkdtemp(join(tmpdir(), 'nodemgr-bw-'));
});
afterEach(async () => {
  for (const stop of stops) await stop();
  stops = [];
  await rm(state, { recursive: true });
});

const sliver = (name: AccountName, rspec: Rspec = {}): readonly [RecordKey, AccountItem] => {
  const effective = { ...DEFAULT_RSPEC, ...rspec };
  const record_key = recordKeyOf('sliver', name);
  const record = {
    record_key,
    account_type: 'sliver' as const,
    name,
    timestamp: epochSeconds(1),
    plc_instantiated: true,
    ssh_keys: '',
    id: 1,
    rspec: {},
    initscript: '',
    image: DEFAULT_IMAGE,
    delegations: [],
  };
  const local = NO_LOCAL_FACTS;
  return [
    record_key,
    { kind: 'account', source: 'plc', record, local, rspec: effective, effective },
  ];
};
const bwcap = (cap: number): readonly [RecordKey, BwcapItem] => [
  BWCAP_KEY,
  {
    kind: 'bwcap',
    source: 'config',
    record: {
      record_key: BWCAP_KEY,
      timestamp: epochSeconds(1),
      cap: bitsPerSecond(cap),
      exempt_ips: ['192.0.2.0/24'],
    },
  },
];
const UPLINK_FOUND = { name: 'eth0', ifindex: 2, mtu: bytes(1500) };
const ranges = (...names: readonly AccountName[]) =>
  new Map(names.map((name, i) => [name, { first: hostUid((i + 10) * 65_536), count: 65_536 }]));

async function anAgent(
  atStart = ranges(),
  bootId = 'boot-1',
  found: FoundUplink = { uplink: UPLINK_FOUND },
  programs: Sign = async () => '',
) {
  const config = checkConfig(
    { node: { id: 1, state_dir: state }, plc: { url: 'https://plc.example/' } },
    'test',
  );
  const dryRun = await DryRunKernel.open(config, bootId, log);
  const kernel = Object.assign(dryRun, { signs: { ...dryRun.signs, programs } });
  const items = new Map<RecordKey, FeedItem>();
  const feed = {
    items,
    position: { state: 'waiting' as 'waiting' | 'live', revision: revision(0) },
  };
  const failures = new FailureBoard();
  const sentBytes = new Map<ClassMinor, number>();
  kernel.counters = () =>
    new Map(
      [...sentBytes].map(([minor, sent]) => [
        minor,
        { sentBytes: sent, sentPackets: 0, dropped: 0, backlogBytes: 0 },
      ]),
    );
  const events: NodeEvent[] = [];
  const days = await DayWatch.open({
    file: join(state, 'bandwidth', 'days.json'),
    bootId,
    rule: { hour: 0, zone: 'UTC' },
    link: bitsPerSecond(1e9),
    clock: { look: () => clock },
    journal: { append: (event) => void events.push(event) },
    stamp: () => clock.now * 1000,
    timing: REAL_TIMING,
    failures,
    log,
  });
  const agent = new BandwidthAgent({
    days,
    kernel,
    node: { link: bitsPerSecond(1e9), defaults: DEFAULT_RSPEC },
    found,
    ranges: atStart,
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
    resyncMs: 1e9,
  });
  loop.start();
  days.start({
    get uplink() {
      return agent.uplink;
    },
    get observed() {
      return agent.observed;
    },
    counters: () => kernel.counters(),
    rspecOf: (name) => agent.rspecOf(name),
    ratesChanged: (names) => agent.dayRatesChanged(names),
  });
  const stop = async () => {
    await loop.stop();
    await days.stop();
  };
  stops.push(stop);
  const settled = () => vi.waitFor(() => expect(loop.busy).toBe(0));
  async function publish(keys: 'all' | undefined, ...entries: (readonly [RecordKey, FeedItem])[]) {
    for (const [key, item] of entries) items.set(key, item);
    feed.position.state = 'live';
    feed.position.revision = revision(feed.position.revision + 1);
    agent.feedChanged(keys ?? entries.map(([key]) => key), feed.position.revision);
    await settled();
  }
  const handlers = operatorHandlers({
    agent,
    kernel,
    days,
    journal: { events: async () => ({ events, more: false }) },
    use: NO_HISTORY,
    feed: () => feed,
    loop,
    failures,
    commonStatus: () => ({ process: 'x', pid: 1, version: '0', started_at: 0, failures: [] }),
  });
  return {
    agent,
    kernel,
    loop,
    failures,
    publish,
    settled,
    handlers,
    days,
    events,
    sentBytes,
    stop,
  };
}

test('before the feed has spoken the limits stay as they are', async () => {
  const first = await anAgent(ranges(SIRIUS));
  await first.publish('all', sliver(SIRIUS));
  const { agent, loop, settled } = await anAgent(ranges());
  loop.wake('all');
  await settled();
  expect(agent.observed.slivers.size).toBe(1);
});

test('a sliver gets its leaves when it has got its user ids', async () => {
  const { agent, publish, settled, handlers } = await anAgent();
  await publish('all', sliver(SIRIUS), bwcap(1_000_000));
  expect(agent.observed.tree?.cap?.ceil).toBe(1_000_000);
  expect(agent.observed.slivers.size).toBe(0);
  agent.rangesRead(ranges(SIRIUS));
  await settled();
  expect(agent.observed.slivers.get(SIRIUS)).toMatchObject({ index: 0, first: 655_360 });
  expect((await handlers.status({})).detail).toMatchObject({ leaves: 4, converged_revision: 1 });
  expect((await handlers.plan({})).steps).toEqual([]);
});

test('a change of one sliver is planned, and done, for that one', async () => {
  const { agent, publish } = await anAgent(ranges(SIRIUS, EISENTEST));
  await publish('all', sliver(SIRIUS), sliver(EISENTEST));
  logged.length = 0;
  await publish(undefined, sliver(SIRIUS, { nm_net_max_rate: 5000 }));
  expect(agent.observed.slivers.get(SIRIUS)?.ordinary?.ceil).toBe(5000);
  expect(logged).toEqual([expect.stringContaining('"changes":1')]);
});

test('what is in force for a sliver is told beside what ought to be, and why that is another amount', async () => {
  const { publish, handlers } = await anAgent(ranges(SIRIUS));
  await publish('all', sliver(SIRIUS, { nm_net_max_rate: 5e9, nm_net_min_rate: 64 }));
  const { driver, readings, wanted } = await handlers.readings({ name: SIRIUS });
  expect(driver).toBe('dry-run');
  expect(readings.map(({ from, amount, unit }) => `${from} ${amount} ${unit}`)).toEqual([
    'htb 4e4d:1000 rate 64 bit/s',
    'htb 4e4d:1000 ceil 1000000000 bit/s',
    'htb 4e4d:1000 quantum 70000 bytes',
    'htb 4e4d:8000 rate 8 bit/s',
    'htb 4e4d:8000 ceil 1000000000 bit/s',
    'htb 4e4d:8000 quantum 70000 bytes',
    'htb 4e4d:1000 sent today null bytes',
    'htb 4e4d:8000 sent today null bytes',
  ]);
  expect(wanted.map(({ how: _, ...one }) => one)).toEqual(
    readings.map(({ since: _, used: __, ...one }) => one),
  );
  expect(wanted.flatMap(({ resource, how }) => (how === undefined ? [] : [resource, how]))).toEqual(
    [
      'nm_net_max_rate',
      'brought from 5000000000 into what the link, its own ceiling and the other slivers leave',
    ],
  );
  expect((await handlers.readings({ name: EISENTEST })).readings).toEqual([]);
});

test('what is in force is told with the decision that made it so: its reason, and the revision of the feed', async () => {
  const { publish, handlers } = await anAgent(ranges(SIRIUS, EISENTEST));
  const decisionOn = async (resource: string) => {
    const { readings } = await handlers.readings({ name: SIRIUS });
    const { since } = readings.find((one) => one.resource === resource) ?? {};
    return [since?.revision, since?.why, since?.by.kind];
  };
  await publish('all', sliver(SIRIUS), sliver(EISENTEST));
  await publish(undefined, sliver(SIRIUS, { nm_net_max_rate: 8e8 }));
  expect(await decisionOn('nm_net_share')).toEqual([1, 'record of plc', 'plc']);
  expect(await decisionOn('nm_net_max_rate')).toEqual([2, 'record of plc', 'plc']);
  await publish(undefined, sliver(SIRIUS, { nm_net_max_rate: 8e8, nm_net_min_rate: 6e8 }));
  expect(await decisionOn('nm_net_min_rate')).toEqual([3, 'record of plc', 'plc']);
  await publish(undefined, sliver(EISENTEST, { nm_net_min_rate: 6e8 }));
  const cut = 'the min rates of all slivers are cut anew';
  expect(await decisionOn('nm_net_min_rate')).toEqual([4, cut, 'bwcap-agent']);
  expect(await decisionOn('nm_net_max_rate')).toEqual([2, 'record of plc', 'plc']);
});

test('of what an agent has found in the kernel it tells no decision', async () => {
  const first = await anAgent(ranges(SIRIUS));
  await first.publish('all', sliver(SIRIUS));
  const second = await anAgent(ranges(SIRIUS));
  await second.publish('all', sliver(SIRIUS));
  const { readings } = await second.handlers.readings({ name: SIRIUS });
  expect(readings).not.toHaveLength(0);
  expect(readings.every(({ since }) => since === undefined)).toBe(true);
});

test('the cap is lifted when its record goes, and the exempt networks with it', async () => {
  const { agent, publish, handlers } = await anAgent();
  await publish('all', bwcap(1_000_000));
  expect([...agent.observed.networks.v4]).toEqual(['192.0.2.0/24']);
  await publish(undefined, [
    BWCAP_KEY,
    { kind: 'removal', reason: 'document', removed_at: epochSeconds(2) },
  ]);
  expect(agent.observed.tree?.cap?.ceil).toBe(1e9);
  expect(agent.observed.networks.v4.size).toBe(0);
  expect((await handlers.plan({})).steps).toEqual([]);
});

test('min rates that are too much are reported, until they are not', async () => {
  const { failures, publish } = await anAgent(ranges(SIRIUS));
  await publish('all', sliver(SIRIUS, { nm_net_min_rate: 5e9 }));
  expect(failures.list()).toMatchObject([{ subject: 'min rates' }]);
  await publish(undefined, sliver(SIRIUS));
  expect(failures.list()).toEqual([]);
});

test('a restart changes nothing; a reboot installs everything again', async () => {
  const first = await anAgent(ranges(SIRIUS));
  await first.publish('all', sliver(SIRIUS));
  logged.length = 0;
  const second = await anAgent(ranges(SIRIUS));
  await second.publish('all', sliver(SIRIUS));
  expect(logged).toEqual([]);
  const rebooted = await anAgent(ranges(SIRIUS), 'boot-2');
  await rebooted.publish('all', sliver(SIRIUS));
  expect(logged).toHaveLength(1);
  expect(rebooted.agent.observed.slivers.size).toBe(1);
});

test('a damaged state is set aside, and the limits are installed afresh', async () => {
  const first = await anAgent(ranges(SIRIUS));
  await first.publish('all', sliver(SIRIUS));
  await writeFile(join(state, 'bandwidth/kernel.json'), '{"boot_id":"boot-1","slivers":[1]}');
  const second = await anAgent(ranges(SIRIUS));
  await second.publish('all', sliver(SIRIUS));
  expect(second.agent.observed.slivers.size).toBe(1);
  expect(await readdir(join(state, 'bandwidth'))).toContainEqual(
    expect.stringMatching(/^kernel\.json\.damaged-\d+$/),
  );
});

test('without an uplink nothing is done, and it is said why, until there is one', async () => {
  const missing = 'there is no default route';
  const { agent, failures, publish, settled, handlers } = await anAgent(ranges(SIRIUS), 'boot-1', {
    missing,
  });
  await publish('all', sliver(SIRIUS), bwcap(1_000_000));
  expect(logged).toEqual([]);
  expect(failures.list()).toMatchObject([{ subject: 'uplink', reason: /no default route/ }]);
  expect((await handlers.plan({})).unmet).toMatchObject([{ subject: 'uplink' }]);
  expect((await handlers.status({})).detail.interface).toBeUndefined();
  agent.uplinkFound({ uplink: UPLINK_FOUND });
  await settled();
  expect(failures.list()).toEqual([]);
  expect(agent.observed.tree).toMatchObject({ interface: 'eth0', cap: { ceil: 1_000_000 } });
});

test('another uplink takes the tree along, with the same class ids', async () => {
  const { agent, publish, settled } = await anAgent(ranges(SIRIUS, EISENTEST));
  await publish('all', sliver(SIRIUS), sliver(EISENTEST));
  const before = agent.observed.slivers.get(EISENTEST)?.index;
  agent.uplinkFound({ uplink: { name: 'wan0', ifindex: 9, mtu: bytes(9000) } });
  await settled();
  expect(agent.observed.tree?.interface).toBe('wan0');
  expect(agent.observed.tree?.link?.burst).toBe(500_000);
  expect(agent.observed.slivers.get(EISENTEST)?.index).toBe(before);
});

test('the limits and what they count are told, of all slivers or of one', async () => {
  const { publish, handlers } = await anAgent(ranges(SIRIUS, EISENTEST));
  await publish('all', sliver(SIRIUS, { nm_net_max_rate: 5_000_000 }), sliver(EISENTEST));
  const all = await handlers.traffic({});
  expect(all).toMatchObject({ driver: 'dry-run', tree: { interface: 'eth0' }, exempt_networks: 0 });
  expect(all.slivers).toHaveLength(2);
  const { slivers } = await handlers.traffic({ name: SIRIUS });
  expect(slivers).toMatchObject([{ name: SIRIUS, ordinary: { ceil: 5_000_000 } }]);
  expect(slivers[0]?.ordinary?.counters).toBeUndefined();
});

test('limits that could not be applied are applied soon after what was wanting is there', async () => {
  let programs = 'none';
  const { agent, kernel, failures, publish, handlers } = await anAgent(
    ranges(SIRIUS),
    'boot-1',
    { uplink: UPLINK_FOUND },
    async () => programs,
  );
  const apply = kernel.apply.bind(kernel);
  kernel.apply = async () => {
    throw new Error('cannot run tc: spawn tc ENOENT');
  };
  await publish('all', sliver(SIRIUS));
  expect(await handlers.retry({ name: 'princeton_sirius' })).toEqual({ tried: [] });
  expect(await handlers.retry({})).toMatchObject({
    tried: [{ subject: 'uplink', outcome: 'fails', reason: /spawn tc ENOENT/ }],
  });
  kernel.apply = apply;
  programs = 'tc';
  await vi.waitFor(() => expect(agent.observed.slivers.size).toBe(1), 5000);
  expect(failures.list()).toEqual([]);
  expect(await handlers.retry({})).toEqual({ tried: [] });
  expect(await handlers.retry({ name: 'uplink' })).toEqual({
    tried: [{ subject: 'uplink', outcome: 'works' }],
  });
});

const ORDINARY = classMinor(0x1000);
const LIMITED = { nm_net_max_byte: 1_000_000_000, nm_net_min_rate: 1000 };

/** An agent whose one sliver has a daily limit, and has sent that much of it. */
async function aLimitedSliver(sent: number, bootId = 'boot-1') {
  const made = await anAgent(ranges(SIRIUS), bootId);
  await made.publish('all', sliver(SIRIUS, LIMITED));
  made.sentBytes.set(ORDINARY, sent);
  const ceil = () => made.agent.observed.slivers.get(SIRIUS)?.ordinary?.ceil;
  const lookAgain = async () => {
    made.days.look();
    await made.settled();
  };
  await lookAgain();
  return { ...made, ceil, lookAgain };
}

test('past the threshold of what a sliver may send in a day its ceiling is what is left of it, until the day is over', async () => {
  const { ceil, lookAgain, sentBytes, events, handlers } = await aLimitedSliver(800_000_000);
  expect(ceil()).toBe(1e9);
  sentBytes.set(ORDINARY, 900_000_000);
  await lookAgain();
  // 100 MB in twelve hours, in whole bytes.
  expect(ceil()).toBe(18_512);
  const { readings, wanted } = await handlers.readings({ name: SIRIUS });
  const today = readings.find(({ resource }) => resource === 'nm_net_max_byte');
  expect(today).toMatchObject({ amount: 1e9, used: [{ amount: 900_000_000, unit: 'bytes' }] });
  const ceiling = wanted.find(({ resource }) => resource === 'nm_net_max_rate');
  expect(ceiling?.how).toMatch(/^900 MB sent since .* cut to 18.52 kbit\/s until /);
  const { since } = readings.find(({ resource }) => resource === 'nm_net_max_rate') ?? {};
  expect(since).toMatchObject({ why: ceiling?.how, by: { kind: 'bwcap-agent' } });
  clock = { now: epochSeconds(NOON + 43_200), clockTrusted: true };
  await lookAgain();
  expect(ceil()).toBe(1e9);
  expect(events.map(({ account, what }) => [account, what])).toEqual([
    [SIRIUS, 'rate-cut'],
    [SIRIUS, 'rate-cut-over'],
  ]);
});

test('what was sent today is told of all slivers and in the usage of each', async () => {
  const { handlers, agent, kernel, days } = await aLimitedSliver(900_000_000);
  const { day, slivers } = await handlers.traffic({});
  expect(day).toEqual({ begins: NOON - 43_200, ends: NOON + 43_200 });
  expect(slivers[0]?.today).toEqual({
    ordinary: {
      sent_bytes: 900_000_000,
      limit: { max_bytes: 1e9, threshold_bytes: 800_000_000 },
      cut: { rate: 18_518, since: NOON },
    },
  });
  expect(
    await usageHandlers({ agent, kernel, days, use: NO_HISTORY }).usage({ name: SIRIUS }),
  ).toEqual({
    sent_bytes: 900_000_000,
    day_began: NOON - 43_200,
    day_ends: NOON + 43_200,
    day_sent_bytes: 900_000_000,
    cut_rate: 18_518,
  });
});

test('a restart counts nothing twice and cuts nothing anew, and a reboot goes on with what was sent before', async () => {
  const first = await aLimitedSliver(900_000_000);
  expect(first.events).toHaveLength(1);
  await first.stop();
  const second = await aLimitedSliver(900_000_000);
  expect([second.ceil(), second.events]).toEqual([18_512, []]);
  expect(second.days.book.counts.sent(SIRIUS, 'ordinary')).toBe(900_000_000);
  await second.stop();
  const rebooted = await aLimitedSliver(7, 'boot-2');
  expect(rebooted.days.book.counts.sent(SIRIUS, 'ordinary')).toBe(900_000_007);
  expect([rebooted.ceil(), rebooted.events]).toEqual([18_512, []]);
});

test('a sliver that is deleted and made again is cut at once, and its new class is not counted twice', async () => {
  const { agent, settled, sentBytes, lookAgain, days } = await aLimitedSliver(900_000_000);
  agent.rangesRead(ranges());
  await settled();
  sentBytes.clear();
  agent.rangesRead(ranges(SIRIUS));
  await settled();
  const leaves = agent.observed.slivers.get(SIRIUS);
  expect(leaves).toMatchObject({ index: 1, ordinary: { ceil: 18_512 } });
  sentBytes.set(classMinor(0x1001), 5);
  await lookAgain();
  expect(days.book.counts.sent(SIRIUS, 'ordinary')).toBe(900_000_005);
});

test('a clock that is not trusted begins no day, and what it tells changes no rate', async () => {
  const { ceil, lookAgain, days } = await aLimitedSliver(900_000_000);
  clock = { now: epochSeconds(NOON + 1_000_000), clockTrusted: false };
  await lookAgain();
  expect(ceil()).toBe(18_512);
  expect(days.book.counts.day?.begins).toBe(NOON - 43_200);
});

test('a limit that is lifted lifts the cut, and a daily limit of exempt traffic is its own', async () => {
  const { agent, ceil, lookAgain, publish, sentBytes, events } = await aLimitedSliver(900_000_000);
  await publish(undefined, sliver(SIRIUS, { nm_net_max_exempt_byte: 1000 }));
  sentBytes.set(classMinor(0x8000), 900);
  await lookAgain();
  expect(ceil()).toBe(1e9);
  expect(agent.observed.slivers.get(SIRIUS)?.exempt?.ceil).toBe(8);
  expect(events.map(({ what, resources = [] }) => [what, resources[0]])).toEqual([
    ['rate-cut', 'nm_net_max_byte'],
    ['rate-cut-over', 'nm_net_max_byte'],
    ['rate-cut', 'nm_net_max_exempt_byte'],
  ]);
});

test('an account of the day that is damaged is set aside, and counting begins anew', async () => {
  const first = await aLimitedSliver(900_000_000);
  await first.stop();
  await writeFile(join(state, 'bandwidth/days.json'), '{"boot_id":"boot-1"}');
  const { days } = await aLimitedSliver(900_000_000);
  expect(days.book.counts.sent(SIRIUS, 'ordinary')).toBe(0);
  expect(logged.join()).toContain('days.json.damaged-');
  await days.stop();
  expect(await readFile(join(state, 'bandwidth/days.json'), 'utf8')).toContain('900000000');
});

test('counters that cannot be read hold up no limit, and are reported until they can be', async () => {
  const { agent, kernel, failures, settled, days } = await aLimitedSliver(900_000_000);
  const counters = kernel.counters;
  kernel.counters = () => {
    throw new Error('cannot read the classes');
  };
  agent.rangesRead(ranges(SIRIUS, EISENTEST));
  await settled();
  expect(agent.observed.slivers.size).toBe(2);
  expect(failures.list()).toMatchObject([
    { code: 'day-counts', reason: 'cannot read the classes' },
  ]);
  kernel.counters = counters;
  days.soon();
  await vi.waitFor(() => expect(failures.list()).toEqual([]), 5000);
  expect(days.book.counts.sent(SIRIUS, 'ordinary')).toBe(900_000_000);
});

test('an account of the day that the disk refuses is reported, and counting goes on', async () => {
  const { failures, lookAgain, sentBytes, days, stop } = await aLimitedSliver(900_000_000);
  await mkdir(join(state, 'bandwidth/days.json~new/full'), { recursive: true });
  sentBytes.set(ORDINARY, 950_000_000);
  await lookAgain();
  await stop();
  expect(failures.list()).toMatchObject([{ code: 'day-counts', action: 'write' }]);
  expect(days.book.counts.sent(SIRIUS, 'ordinary')).toBe(950_000_000);
});

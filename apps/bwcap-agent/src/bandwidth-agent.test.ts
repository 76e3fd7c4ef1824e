import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REAL_TIMING, ReconcileLoop } from '@nodemgr/agent';
import { checkConfig } from '@nodemgr/config';
import type { AccountItem, BwcapItem, FeedItem } from '@nodemgr/contracts';
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
import { DryRunKernel } from './kernel/dry-run/dry-run-kernel.ts';
import type { FoundUplink } from './kernel/uplink.ts';
import { bytes } from './limits/htb-class.ts';
import { operatorHandlers } from './report/operator-view.ts';
import { EISENTEST, SIRIUS } from './test-support/builders.test-support.ts';

let state = '';
let stops: (() => Promise<void>)[] = [];
const logged: string[] = [];
const note = (...[fields]: readonly unknown[]) => void logged.push(JSON.stringify(fields));
const log = { info: note, error: note, warn: note, debug: note };

beforeEach(async () => {
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
  const agent = new BandwidthAgent({
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
  stops.push(() => loop.stop());
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
    feed: () => feed,
    loop,
    failures,
    commonStatus: () => ({ process: 'x', pid: 1, version: '0', started_at: 0, failures: [] }),
  });
  return { agent, kernel, loop, failures, publish, settled, handlers };
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
  ]);
  expect(wanted.map(({ how: _, ...one }) => one)).toEqual(
    readings.map(({ since: _, ...one }) => one),
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

/** The uplink changes under the limits, and others change what is beside them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { type FarMeter, FIRST_PORT } from './support/far-meter.ts';
import { bandwidthNeeds, type TestBed, useTestBed } from './support/test-bed.ts';
import { FAR_BY_OTHER, OTHER, UPLINK } from './support/two-networks.ts';

const { missing, note } = bandwidthNeeds();
const CEILING = 5e6;
const RECORDS = { slivers: { site_one: { nm_net_max_rate: CEILING } } };
const OURS = 'qdisc htb 4e4d: root';
/** In which limits are back that somebody else has taken away. */
const BACK_MS = 2000;
const THEIR_TABLES = [
  'table inet theirs { chain out { type filter hook output priority 0; ct state new counter; }; }',
  'table ip nodemgr { set exempt4 { type ipv4_addr; elements = { 192.0.2.1 }; }; }',
];
const ROUNDS = 20;

const rootOf = ({ networks }: TestBed, device: string): string =>
  networks.inNode('tc', 'qdisc', 'show', 'dev', device, 'root');
const isOurs = (bed: TestBed, device: string): boolean => rootOf(bed, device).includes(OURS);

/** Waits until the tree is on `device` and whole. */
async function isLimited(bed: TestBed, device: string, within?: number): Promise<void> {
  await bed.node.eventually(async () => {
    expect(isOurs(bed, device)).toBe(true);
    expect(await bed.node.plan()).toMatchObject({ steps: [], unmet: [] });
    const { tree, slivers } = await bed.node.traffic();
    expect(tree?.interface).toBe(device);
    expect(slivers[0]?.ordinary).toMatchObject({ ceil: CEILING });
    bed.networks.inNode('nft', 'list', 'table', 'inet', 'nodemgr');
  }, within);
}

const rateAt = async (meter: FarMeter): Promise<number> =>
  (await meter.rates(4)).get(FIRST_PORT) ?? 0;

describe.skipIf(missing)(`the uplink${note}`, () => {
  const bed = useTestBed();
  afterEach(async () => {
    bed().networks.routeBy(UPLINK);
    await isLimited(bed(), UPLINK);
  });

  test('has its limits under a new name, and with another MTU', { timeout: 180_000 }, async () => {
    const { node, networks } = bed();
    await node.deliver(RECORDS);
    networks.ip('link', 'set', UPLINK, 'down');
    networks.ip('link', 'set', UPLINK, 'name', 'wan0');
    networks.ip('link', 'set', 'wan0', 'up');
    networks.ip('address', 'replace', 'fd77::1/64', 'dev', 'wan0', 'nodad');
    networks.routeBy('wan0');
    await isLimited(bed(), 'wan0');
    const burst = () =>
      networks.inNode('tc', '-s', 'class', 'show', 'dev', 'wan0', 'classid', '4e4d:1000');
    const before = burst();
    networks.ip('link', 'set', 'wan0', 'mtu', '9000');
    await node.eventually(() => expect(burst()).not.toBe(before));
    await isLimited(bed(), 'wan0');
    networks.ip('link', 'set', 'wan0', 'mtu', '1500');
    networks.ip('link', 'set', 'wan0', 'down');
    networks.ip('link', 'set', 'wan0', 'name', UPLINK);
    networks.ip('link', 'set', UPLINK, 'up');
    networks.ip('address', 'replace', 'fd77::1/64', 'dev', UPLINK, 'nodad');
  });

  test('has its limits again when it was deleted and made anew', { timeout: 180_000 }, async () => {
    const { node, networks } = bed();
    await node.deliver(RECORDS);
    networks.ip('link', 'del', UPLINK);
    await node.eventually(async () => {
      const { unmet } = await node.plan();
      expect(unmet[0]?.reason).toMatch(/no default route|no interface/);
    });
    networks.connect();
    await isLimited(bed(), UPLINK);
    await bed().showFrames();
    await bed().flood({ place: 0, protocol: 'udp' });
    expect(Math.abs((await rateAt(bed().meter)) / CEILING - 1)).toBeLessThan(0.03);
  });

  test('is followed to another interface, and the one before is left clean', {
    timeout: 180_000,
  }, async () => {
    const { node, networks } = bed();
    await node.deliver(RECORDS);
    networks.routeBy(OTHER);
    await isLimited(bed(), OTHER);
    expect(rootOf(bed(), UPLINK)).not.toContain('htb');
    await bed().flood({ place: 0, to: FAR_BY_OTHER.v4, protocol: 'udp' });
    expect(Math.abs((await rateAt(bed().meter)) / CEILING - 1)).toBeLessThan(0.03);
    networks.routeBy(UPLINK);
    await isLimited(bed(), UPLINK);
    expect(rootOf(bed(), OTHER)).not.toContain('htb');
  });

  test("keeps someone else's root qdisc, which is reported, and has its limits when that goes", {
    timeout: 180_000,
  }, async () => {
    const { node, networks } = bed();
    await node.deliver(RECORDS);
    networks.inNode('tc', ...`qdisc replace dev ${UPLINK} root handle 7: htb`.split(' '));
    const reason = expect.stringContaining('htb 7:');
    await node.eventually(async () => {
      expect((await node.plan()).unmet).toEqual([
        { subject: 'uplink', outcome: 'withheld', action: 'limit', reason },
      ]);
      expect((await node.status()).failures).toMatchObject([{ reason }]);
    });
    expect(rootOf(bed(), UPLINK)).toContain('qdisc htb 7: root');
    networks.inNode('tc', 'qdisc', 'del', 'dev', UPLINK, 'root');
    await isLimited(bed(), UPLINK, BACK_MS);
    // It says so once it has looked at what it has done.
    await node.eventually(async () => expect((await node.status()).failures).toEqual([]));
  });

  test('has its limits back in 2 s when others flush all rules, or take the root away', {
    timeout: 180_000,
  }, async () => {
    const { node, networks } = bed();
    await node.deliver(RECORDS);
    networks.inNode('nft', 'flush', 'ruleset');
    await isLimited(bed(), UPLINK, BACK_MS);
    networks.inNode('tc', 'qdisc', 'del', 'dev', UPLINK, 'root');
    await isLimited(bed(), UPLINK, BACK_MS);
    networks.inNode('nft', 'delete', 'table', 'inet', 'nodemgr');
    networks.inNode('tc', 'qdisc', 'del', 'dev', UPLINK, 'root');
    await isLimited(bed(), UPLINK, BACK_MS);
  });

  test('has its limits back in 2 s when others take them away while it changes them itself', {
    timeout: 180_000,
  }, async () => {
    const { node, networks } = bed();
    await node.deliver({ slivers: { ...RECORDS.slivers, site_lender: {} } });
    for (let round = 0; round < ROUNDS; round += 1) {
      const lent = node.lend('site_lender', [['site_one', 'nm_net_share', 1 + (round % 2)]]);
      // From before the change to after it: somewhere in between is the moment when it is made.
      await sleep(round);
      if (round % 2 === 0) networks.inNode('nft', 'flush', 'ruleset');
      else networks.inNode('tc', 'qdisc', 'del', 'dev', UPLINK, 'root');
      await lent;
      await node.eventually(() => {
        expect(isOurs(bed(), UPLINK)).toBe(true);
        networks.inNode('nft', 'list', 'table', 'inet', 'nodemgr');
      }, BACK_MS);
      await node.converged(2);
    }
  });

  test("leaves others' tables and qdiscs as they are", { timeout: 180_000 }, async () => {
    const { node, networks } = bed();
    for (const table of THEIR_TABLES) networks.inNode('nft', table);
    const onOther = (line: string) => networks.inNode('tc', ...line.split(' '));
    onOther(`qdisc replace dev ${OTHER} root handle 1: htb default 1`);
    onOther(`class replace dev ${OTHER} parent 1: classid 1:1 htb rate 1gbit`);
    const theirs = () => [
      networks.inNode('nft', '-s', 'list', 'table', 'inet', 'theirs'),
      networks.inNode('nft', '-s', 'list', 'table', 'ip', 'nodemgr'),
      networks.inNode('tc', 'qdisc', 'show', 'dev', OTHER),
      networks.inNode('tc', 'class', 'show', 'dev', OTHER),
    ];
    const before = theirs();
    await node.deliver(RECORDS);
    await node.killDaemon('bwcap-agent');
    networks.inNode('nft', 'delete', 'table', 'inet', 'nodemgr');
    await node.startDaemon('bwcap-agent');
    await isLimited(bed(), UPLINK);
    networks.routeBy(OTHER);
    await node.eventually(async () => {
      expect((await node.plan()).unmet[0]?.reason).toContain('htb 1:');
    });
    networks.routeBy(UPLINK);
    await isLimited(bed(), UPLINK);
    expect(theirs()).toEqual(before);
  });
});

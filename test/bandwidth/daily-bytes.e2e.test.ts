/** What slivers send in a day: counted as the far end counts it, and cut to what is left of the limit. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DayTraffic } from '@nodemgr/contracts';
import type { Rspec } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { FIRST_PORT } from './support/far-meter.ts';
import { bandwidthNeeds, type TestBed, useTestBed } from './support/test-bed.ts';
import { EXEMPT, FAR, UPLINK } from './support/two-networks.ts';

const { missing, note } = bandwidthNeeds();
const NAME = 'site_daily';
const CAP = { cap: 1e9, exemptIps: [EXEMPT.v4] };
const PORTS = { ordinary: FIRST_PORT, exempt: FIRST_PORT + 1 } as const;
type Branch = keyof typeof PORTS;
/** Half a day is left, whatever the time is. */
const DAY_HOUR = (new Date().getUTCHours() + 12) % 24;

async function todayOf(bed: TestBed): Promise<Readonly<Record<Branch, DayTraffic>>> {
  const { slivers } = await bed.node.traffic(NAME);
  const { ordinary, exempt } = slivers[0]?.today ?? {};
  if (ordinary === undefined || exempt === undefined) throw new Error('nothing is counted');
  return { ordinary, exempt };
}

/** Has the sliver send to both kinds of networks for some seconds, `meanwhile` with all else, and waits until it is quiet. */
async function send(
  bed: TestBed,
  seconds: number,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<void> {
  await bed.flood({ place: 0, to: FAR.v4, port: PORTS.ordinary });
  await bed.flood({ place: 0, to: EXEMPT.v4, port: PORTS.exempt, protocol: 'udp', rate: 8e6 });
  await Promise.all([sleep(seconds * 1000), meanwhile()]);
  await bed.programs.end();
  await bed.node.eventually(async () => {
    const { slivers } = await bed.node.traffic(NAME);
    const waiting = [slivers[0]?.ordinary, slivers[0]?.exempt].map(
      (leaf) => leaf?.counters?.backlog_bytes,
    );
    expect(waiting).toEqual([0, 0]);
  });
}

describe.skipIf(missing)(`what a sliver sends in a day${note}`, () => {
  const bed = useTestBed({ dayHour: DAY_HOUR });
  const deliver = (rspec: Rspec) =>
    bed().node.deliver({ slivers: { [NAME]: { nm_net_max_rate: 20e6, ...rspec } }, cap: CAP });

  test('is counted to 1% as the far end counts it, over kills and restarts of the agent, and over classes that are made anew', {
    timeout: 120_000,
  }, async () => {
    const { node, meter, networks } = bed();
    const limits = { nm_net_max_byte: 1e12, nm_net_max_exempt_byte: 1e12 };
    await deliver(limits);
    const restart = (signal: NodeJS.Signals) => async () => {
      await sleep(1500);
      await node.killDaemon('bwcap-agent', signal);
      await sleep(1000);
      await node.startDaemon('bwcap-agent');
    };
    await send(bed(), 5, restart('SIGKILL'));
    await send(bed(), 5, restart('SIGTERM'));
    await node.converged(1);
    // The sliver is deleted, and made again the same day.
    await node.deliver({ slivers: {}, cap: CAP });
    await deliver(limits);
    await send(bed(), 3);
    // Somebody else takes the whole tree away, after the counters have been read.
    await todayOf(bed());
    networks.inNode('tc', 'qdisc', 'del', 'dev', UPLINK, 'root');
    await node.eventually(() => {
      const classes = networks.inNode('tc', 'class', 'show', 'dev', UPLINK);
      expect(classes).toMatch(/htb 4e4d:1\d\d\d [\s\S]*htb 4e4d:8\d\d\d /);
    });
    await node.converged(1);
    await send(bed(), 3);

    const today = await todayOf(bed());
    const { bytes } = meter.read();
    for (const [branch, port] of Object.entries(PORTS) as [Branch, number][]) {
      const [counted, came] = [today[branch].sent_bytes, bytes.get(port) ?? 0];
      const off = Math.abs(counted / came - 1) * 100;
      console.log(`${branch}: ${counted} bytes counted, ${came} came: ${off.toFixed(3)}% off`);
      expect(came, branch).toBeGreaterThan(5e6);
      expect(off, branch).toBeLessThan(1);
    }
  });

  test('is cut past the threshold to the rate at which the rest lasts for the rest of the day, and whole again without a limit', {
    timeout: 120_000,
  }, async () => {
    const { node, meter } = bed();
    await deliver({});
    const { ordinary: before } = await todayOf(bed());
    const { day } = await node.traffic();
    const rest = (day?.ends ?? 0) - Date.now() / 1000;
    // So that what is left past the threshold is 2 Mbit/s.
    const threshold = before.sent_bytes + 5_000_000;
    const max = threshold + Math.round((2e6 / 8) * rest);
    await deliver({ nm_net_max_byte: max, nm_net_max_thresh_byte: threshold });
    await bed().flood({ place: 0, to: FAR.v4, port: PORTS.ordinary });
    await bed().flood({ place: 0, to: EXEMPT.v4, port: PORTS.exempt });
    const cut = await node.eventually(async () => {
      const { ordinary, exempt } = await todayOf(bed());
      expect(ordinary.cut).toBeDefined();
      expect(exempt.cut).toBeUndefined();
      return ordinary;
    });
    expect(cut.limit).toEqual({ max_bytes: max, threshold_bytes: threshold });
    const rates = await meter.rates(6);
    const [ordinary = 0, exempt = 0] = [rates.get(PORTS.ordinary), rates.get(PORTS.exempt)];
    console.log(
      `cut to ${cut.cut?.rate} bit/s: ${ordinary.toFixed(0)} came, of exempt ${exempt.toFixed(0)}`,
    );
    expect(Math.abs(ordinary / 2e6 - 1)).toBeLessThan(0.05);
    expect(exempt).toBeGreaterThan(15e6);
    const told = async () =>
      (await node.events(NAME)).map(({ what, resources = [] }) => `${what} ${resources[0]}`);
    expect(await told()).toEqual(['rate-cut nm_net_max_byte']);

    await deliver({});
    await node.eventually(async () =>
      expect(await told()).toEqual(['rate-cut nm_net_max_byte', 'rate-cut-over nm_net_max_byte']),
    );
    expect((await meter.rates(4)).get(PORTS.ordinary)).toBeGreaterThan(15e6);
    expect(node.complaints).toEqual([]);
  });
});

/** A thousand slivers, and thousands of exempt networks. */
import { describe, expect, test } from 'vitest';
import type { BandwidthNode } from './support/bandwidth-node.ts';
import { FIRST_PORT } from './support/far-meter.ts';
import { bandwidthNeeds, useTestBed } from './support/test-bed.ts';
import { EXEMPT, FAR } from './support/two-networks.ts';

const { missing, note } = bandwidthNeeds();
const MANY = 1000;
const FEW = 10;
const CHANGES = 15;
/** A change costs the start of two programs: with a hundred times as many slivers not this much more. */
const MAX_GROWTH = 3;
/** What waiting for it adds. */
const POLL_MS = 20;
const NETWORKS = 5000;
const CAP = 10e6;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const named = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`site_s${i}`, {}]));

/** From the loan's being stored to its being in the kernel: milliseconds. */
async function timeOfChange(node: BandwidthNode): Promise<number> {
  const times: number[] = [];
  for (let change = 0; change < CHANGES; change += 1) {
    const lent = 1e6 * (change + 1);
    await node.lend('site_s0', [['site_s1', 'nm_net_max_rate', lent]]);
    const inForce = async () => {
      const { slivers } = await node.traffic('site_s1');
      expect(slivers[0]?.ordinary?.ceil).toBe(1e9);
      expect((await node.traffic('site_s0')).slivers[0]?.ordinary?.ceil).toBe(1e9 - lent);
    };
    times.push(await timed(() => node.eventually(inForce)));
  }
  return median(times);
}

describe.skipIf(missing)(`a node that has much to limit${note}`, () => {
  const bed = useTestBed();

  test('applies a thousand slivers at once, and a change to one as fast as with ten', {
    timeout: 240_000,
  }, async () => {
    const { node } = bed();
    await node.deliver({ slivers: named(FEW) });
    const few = await timeOfChange(node);
    await node.deliver({ slivers: {} });
    const first = await timed(() => node.deliver({ slivers: named(MANY) }));
    const many = await timeOfChange(node);
    await node.killDaemon('bwcap-agent');
    const restart = await timed(async () => {
      await node.startDaemon('bwcap-agent');
      await node.converged(MANY);
    });
    const gone = await timed(() => node.deliver({ slivers: {} }));
    console.log(
      `${MANY} slivers: first application ${first.toFixed(0)} ms, a change ${many.toFixed(0)} ms ` +
        `(with ${FEW}: ${few.toFixed(0)} ms), a restart of the agent ${restart.toFixed(0)} ms, ` +
        `all gone ${gone.toFixed(0)} ms`,
    );
    expect(many).toBeLessThan(MAX_GROWTH * few + POLL_MS);
    expect(node.complaints).toEqual([]);
  });

  test('does not count what goes to any of 5000 exempt networks of each family', {
    timeout: 240_000,
  }, async () => {
    const { node, meter } = bed();
    const v4 = Array.from({ length: NETWORKS }, (_, i) => `11.${i >> 7}.${(i & 127) * 2}.0/24`);
    const v6 = Array.from({ length: NETWORKS }, (_, i) => `2001:db9:${i.toString(16)}:8000::/49`);
    const exemptIps = [...v4, `${EXEMPT.v4}/31`, ...v6, `${EXEMPT.v6}/127`];
    const records = { slivers: { site_one: { nm_net_exempt_max_rate: 3 * CAP } } };
    const time = await timed(() => node.deliver({ ...records, cap: { cap: CAP, exemptIps } }));
    console.log(`${exemptIps.length} exempt networks: ${time.toFixed(0)} ms`);
    expect((await node.traffic()).exempt_networks).toBe(exemptIps.length);
    await bed().flood({ place: 0, to: FAR.v4, port: FIRST_PORT });
    await bed().flood({ place: 0, to: EXEMPT.v4, port: FIRST_PORT + 1, protocol: 'udp' });
    const rates = await meter.rates();
    expect(off(rates.get(FIRST_PORT), CAP)).toBeLessThan(0.03);
    expect(off(rates.get(FIRST_PORT + 1), 3 * CAP)).toBeLessThan(0.03);
    await node.killDaemon('bwcap-agent');
    await node.startDaemon('bwcap-agent');
    await node.converged(1);
    expect(node.complaints).toEqual([]);
    await node.deliver({ ...records, cap: { cap: CAP, exemptIps: v6 } });
    expect((await node.traffic()).exempt_networks).toBe(NETWORKS);
  });
});

const off = (measured = 0, wanted: number): number => Math.abs(measured - wanted) / wanted;

/** The agent ends while slivers send: the limits are the kernel's, and stay. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Sample } from './support/far-meter.ts';
import { bandwidthNeeds, useTestBed } from './support/test-bed.ts';

const { missing, note } = bandwidthNeeds();
const CEILING = 20e6;
const SENDERS = 2;
/** Enough that it takes a while to make their limits. */
const SLIVERS = 400;
const SLICE_SECONDS = 0.1;
/** Each sliver may be ahead by a burst (4 ms of its ceiling) and by the packet that used it up (GSO). */
const AHEAD_BYTES = (CEILING / 8) * 0.004 + 70_000;

/** The most bytes that came in any slice, beyond what its length allows. */
function worstSlice(samples: readonly Sample[]): number {
  let worst = Number.NEGATIVE_INFINITY;
  let start = 0;
  for (const [at, bytes] of samples) {
    while (at - (samples[start + 1]?.[0] ?? at) >= SLICE_SECONDS) start += 1;
    const [from, before] = samples[start] ?? [at, bytes];
    worst = Math.max(worst, bytes - before - ((at - from) * SENDERS * CEILING) / 8);
  }
  return worst;
}

describe.skipIf(missing)(`the limits of slivers that send${note}`, () => {
  const bed = useTestBed();

  test('hold in every 100 ms while the agent is killed and started again', {
    timeout: 180_000,
  }, async () => {
    const { node, meter } = bed();
    const rspec = { nm_net_max_rate: CEILING };
    await node.deliver({ slivers: { site_tcp: rspec, site_udp: rspec } });
    await bed().flood({ place: 0, protocol: 'tcp' });
    await bed().flood({ place: 1, protocol: 'udp' });
    await sleep(1000);
    await meter.samples();
    const leaves = async () => (await node.traffic()).slivers.map(({ ordinary }) => ordinary);
    const before = await leaves();
    for (let kill = 0; kill < 3; kill += 1) {
      await node.killDaemon('bwcap-agent');
      await sleep(300);
      await node.startDaemon('bwcap-agent');
      await node.converged(2);
    }
    const samples = await meter.samples();
    const worst = worstSlice(samples);
    console.log(`${samples.length} samples, at most ${Math.round(worst)} bytes ahead`);
    expect(worst).toBeLessThan(SENDERS * AHEAD_BYTES);
    const after = await leaves();
    expect(after.map((leaf) => leaf?.class_id)).toEqual(before.map((leaf) => leaf?.class_id));
    for (const [i, leaf] of after.entries()) {
      const earlier = before[i]?.counters?.sent_bytes ?? Number.NaN;
      expect(leaf?.counters?.sent_bytes).toBeGreaterThan(earlier);
    }
    expect(node.complaints).toEqual([]);
  });

  test('hold while the agent starts and nobody tells it anything', {
    timeout: 180_000,
  }, async () => {
    const { node, meter } = bed();
    await node.deliver({ slivers: { site_tcp: { nm_net_max_rate: CEILING } } });
    await node.killDaemon('bwcap-agent');
    await node.killDaemon('db-service');
    await bed().flood({ place: 0, protocol: 'udp' });
    await sleep(1000);
    await meter.samples();
    await node.startDaemon('bwcap-agent');
    await sleep(1000);
    expect((await node.status()).detail.feed.state).toBe('waiting');
    expect(worstSlice(await meter.samples())).toBeLessThan(AHEAD_BYTES);
    await node.startDaemon('db-service');
    await node.converged(1);
  });

  test('are made whole by the next agent when one was killed while it made them', {
    timeout: 180_000,
  }, async () => {
    const { node } = bed();
    const names = Array.from({ length: SLIVERS }, (_, i) => `site_s${i}`);
    const slivers = Object.fromEntries(names.map((name) => [name, { nm_net_max_rate: CEILING }]));
    for (let round = 0; round < 6; round += 1) {
      await node.deliver({ slivers: {} });
      const made = node.deliver({ slivers });
      await sleep(40 * round);
      await node.killDaemon('bwcap-agent');
      await node.startDaemon('bwcap-agent');
      await made;
      await node.converged(SLIVERS);
    }
    expect((await node.traffic()).slivers.map(({ ordinary }) => ordinary?.ceil)).toEqual(
      names.map(() => CEILING),
    );
  });
});

/** Rates as the kernel has them, from the lowest to the highest. */
import { describe, expect, test } from 'vitest';
import { bandwidthNeeds, useTestBed } from './support/test-bed.ts';

const { missing, note } = bandwidthNeeds();
const LINK = 100e9;
/** HTB keeps bytes a second: 32 bits of them end at 34.4 Gbit/s. */
const BITS_32 = 2 ** 32 * 8;
const RATES = [
  ...[8, 9, 16, 1000, 64_001, 999_999, 12_345_678, 1e9, 2_500_000_001, 10e9],
  ...[BITS_32 - 8, BITS_32, BITS_32 + 8, 40e9, 99_999_999_999, LINK],
];
const whole = (rate: number): number => Math.floor(rate / 8) * 8;

describe.skipIf(missing)(`rates from 8 bit/s to 100 Gbit/s${note}`, () => {
  const bed = useTestBed({ linkRate: LINK });

  test('are in the kernel as they are wanted, and nothing is left to change', {
    timeout: 180_000,
  }, async () => {
    const { node } = bed();
    const slivers = RATES.map((rate, i) => {
      const promised = Math.min(rate, 5e9);
      const rspec = { nm_net_max_rate: rate, nm_net_min_rate: promised, nm_net_share: 1 + 20 * i };
      return [`site_s${i}`, { ...rspec, nm_net_exempt_max_rate: rate }] as const;
    });
    await node.deliver({ slivers: Object.fromEntries(slivers), cap: { cap: LINK } });
    // What it has after a start is what it has read.
    await node.killDaemon('bwcap-agent');
    await node.startDaemon('bwcap-agent');
    await node.converged(RATES.length);
    expect(node.complaints).toEqual([]);
    const { slivers: found, tree } = await node.traffic();
    expect(tree?.link).toMatchObject({ rate: LINK, ceil: LINK });
    const byName = new Map(found.map((sliver) => [sliver.name, sliver]));
    for (const [name, rspec] of slivers) {
      const { ordinary, exempt } = byName.get(name) ?? {};
      const [rate, ceil] = [whole(rspec.nm_net_min_rate), whole(rspec.nm_net_max_rate)];
      expect({ name, ...ordinary }).toMatchObject({ rate, ceil });
      expect({ name, ...exempt }).toMatchObject({ rate: 8, ceil });
    }
  });
});

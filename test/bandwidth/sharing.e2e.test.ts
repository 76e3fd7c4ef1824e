/** How slivers share what the node may send: its cap, their shares, and what they are promised. */
import { describe, expect, test } from 'vitest';
import { FIRST_PORT } from './support/far-meter.ts';
import { bandwidthNeeds, type Load, type TestBed, useTestBed } from './support/test-bed.ts';
import { EXEMPT, FAR } from './support/two-networks.ts';

const { missing, note } = bandwidthNeeds();
const CAP = 50e6;
/** Ports for what slivers send to exempt networks: beside those for the rest. */
const EXEMPT_PORT = FIRST_PORT + 50;
const SHARES = [1, 2, 4] as const;

const sumOf = (values: Iterable<number>): number => [...values].reduce((sum, one) => sum + one, 0);
const inMbit = (rates: ReadonlyMap<number, number>): string =>
  [...rates].map(([port, rate]) => `${port}: ${(rate / 1e6).toFixed(2)}`).join(', ');

async function ratesOf(bed: TestBed, loads: readonly Load[], seconds?: number) {
  await Promise.all(loads.map((load) => bed.flood(load)));
  const rates = await bed.meter.rates(seconds);
  console.log(`Mbit/s by port: ${inMbit(rates)}`);
  return rates;
}

describe.skipIf(missing)(`slivers that send at once${note}`, () => {
  const bed = useTestBed();

  test("are held by the node's cap, ten of them, and what goes to an exempt network is not counted", {
    timeout: 180_000,
  }, async () => {
    const names = Array.from({ length: 10 }, (_, i) => `site_s${i}`);
    await bed().node.deliver({
      slivers: Object.fromEntries(names.map((name) => [name, { nm_net_exempt_max_rate: 30e6 }])),
      cap: { cap: CAP, exemptIps: [EXEMPT.v4, `${EXEMPT.v6}/64`] },
    });
    const ordinary = names.map((_, place) => ({ place, to: FAR[place % 2 === 0 ? 'v4' : 'v6'] }));
    const exempt = ([EXEMPT.v4, EXEMPT.v6] as const).map((to, place) => ({
      ...{ place, to, port: EXEMPT_PORT + place },
    }));
    const rates = await ratesOf(bed(), [...ordinary, ...exempt], 6);
    const [first, second] = [rates.get(EXEMPT_PORT), rates.get(EXEMPT_PORT + 1)];
    const capped = sumOf(rates.values()) - (first ?? 0) - (second ?? 0);
    expect(Math.abs(capped - CAP) / CAP).toBeLessThan(0.03);
    for (const rate of [first, second])
      expect(Math.abs((rate ?? 0) - 30e6) / 30e6).toBeLessThan(0.03);
    for (const [port, rate] of rates) {
      if (port < EXEMPT_PORT) expect(rate / (CAP / 10)).toBeCloseTo(1, 0);
    }
  });

  const ways = [20e6, 200e6].flatMap((cap) =>
    (['tcp', 'udp'] as const).map((protocol) => ({ cap, protocol, mbit: cap / 1e6 })),
  );
  test.each(ways)(
    'divide $mbit Mbit/s as their shares are, 1:2:4, by $protocol',
    {
      timeout: 180_000,
    },
    async ({ cap, protocol }) => {
      const slivers = SHARES.map((share) => [`site_s${share}`, { nm_net_share: share }] as const);
      await bed().node.deliver({ slivers: Object.fromEntries(slivers), cap: { cap } });
      const loads = SHARES.map((_, place) => ({ place, protocol }));
      const rates = await ratesOf(bed(), loads, cap < 100e6 ? 8 : 5);
      const total = sumOf(rates.values());
      for (const [place, share] of SHARES.entries()) {
        const part = (rates.get(FIRST_PORT + place) ?? 0) / total;
        expect(Math.abs(part / (share / 7) - 1), `share ${share}`).toBeLessThan(0.1);
      }
      expect(Math.abs(total - cap) / cap).toBeLessThan(0.03);
    },
  );

  test('each have the rate that they are promised, whatever the shares of others', {
    timeout: 180_000,
  }, async () => {
    const others = Array.from(
      { length: 4 },
      (_, i) => [`site_o${i}`, { nm_net_share: 5 }] as const,
    );
    const promised = ['site_promised', { nm_net_min_rate: 8e6, nm_net_share: 1 }] as const;
    await bed().node.deliver({
      slivers: Object.fromEntries([promised, ...others]),
      cap: { cap: 20e6 },
    });
    const loads = [promised, ...others].map((_, place) => ({ place }));
    const rates = await ratesOf(bed(), loads, 6);
    expect(rates.get(FIRST_PORT)).toBeGreaterThan(8e6 * 0.97);
    expect(Math.abs(sumOf(rates.values()) - 20e6) / 20e6).toBeLessThan(0.03);
  });
});

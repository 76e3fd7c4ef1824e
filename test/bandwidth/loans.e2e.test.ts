/** Loans of rates and shares, while those concerned send. */
import { describe, expect, test } from 'vitest';
import { FIRST_PORT, NUMBERED_PORTS } from './support/far-meter.ts';
import { bandwidthNeeds, useTestBed } from './support/test-bed.ts';

const { missing, note } = bandwidthNeeds();
const [NUMBERED = 0] = NUMBERED_PORTS;
/** What is sent in numbered datagrams: below every ceiling that the sender ever has. */
const BELOW = 2e6;
const CHANGES = 20;

describe.skipIf(missing)(`a loan${note}`, () => {
  const bed = useTestBed();

  test('of a rate takes hold while both send, and the change drops no packet', {
    timeout: 180_000,
  }, async () => {
    const { node, meter } = bed();
    const rspec = { nm_net_max_rate: 10e6 };
    await node.deliver({ slivers: { site_lender: rspec, site_taker: rspec } });
    const numbered = await bed().flood({ place: 0, protocol: 'udp', port: NUMBERED, rate: BELOW });
    await bed().flood({ place: 1 });
    for (let change = 1; change <= CHANGES; change += 1) {
      const lent = change % 2 === 0 ? 0 : 6e6;
      await node.lend('site_lender', lent === 0 ? [] : [['site_taker', 'nm_net_max_rate', lent]]);
      await node.eventually(async () => {
        const { slivers } = await node.traffic('site_taker');
        expect(slivers[0]?.ordinary?.ceil).toBe(10e6 + lent);
      });
    }
    expect(off((await meter.rates()).get(FIRST_PORT + 1), 10e6)).toBeLessThan(0.03);
    await node.lend('site_lender', [['site_taker', 'nm_net_max_rate', 6e6]]);
    await node.converged(2);
    expect(off((await meter.rates()).get(FIRST_PORT + 1), 16e6)).toBeLessThan(0.03);
    await numbered.end();
    const { taken, newest } = await bed().meter.numbered(NUMBERED);
    console.log(`${taken} numbered datagrams through ${CHANGES + 1} changes`);
    expect(taken).toBe(newest + 1);
    const { slivers } = await node.traffic();
    expect(slivers.map(({ ordinary }) => ordinary?.counters?.dropped)).toEqual([0, 0]);
  });

  test('of shares changes how spare bandwidth is divided, at once', {
    timeout: 180_000,
  }, async () => {
    const { node, meter } = bed();
    const rspec = { nm_net_share: 4 };
    await node.deliver({ slivers: { site_lender: rspec, site_taker: rspec }, cap: { cap: 40e6 } });
    await bed().flood({ place: 0 });
    await bed().flood({ place: 1 });
    const parts = async () => {
      const rates = await meter.rates(5);
      return (rates.get(FIRST_PORT + 1) ?? 0) / (rates.get(FIRST_PORT) ?? 1);
    };
    expect(off(await parts(), 1)).toBeLessThan(0.1);
    await node.lend('site_lender', [['site_taker', 'nm_net_share', 2]]);
    await node.converged(2);
    expect(off(await parts(), 3)).toBeLessThan(0.1);
    const { slivers } = await node.traffic();
    expect(slivers.map(({ ordinary }) => ordinary?.counters?.dropped)).toEqual([0, 0]);
  });
});

const off = (measured = 0, wanted: number): number => Math.abs(measured - wanted) / wanted;

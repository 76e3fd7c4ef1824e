/** Whose packets are whose goes by the user ids that slivers have now. */
import { describe, expect, test } from 'vitest';
import { FIRST_PORT } from './support/far-meter.ts';
import { bandwidthNeeds, useTestBed } from './support/test-bed.ts';

const { missing, note } = bandwidthNeeds();
const NAMES = ['site_one', 'site_two', 'site_three'] as const;
const CEILINGS = [2e6, 4e6, 8e6] as const;

describe.skipIf(missing)(`slivers that are given each other's user ids${note}`, () => {
  const bed = useTestBed();

  test('are limited by their own ceilings, and the limits are as the agent believes', {
    timeout: 180_000,
  }, async () => {
    const { node, meter } = bed();
    const records = NAMES.map((name, i) => [name, { nm_net_max_rate: CEILINGS[i] ?? 0 }] as const);
    await node.deliver({ slivers: Object.fromEntries(records) });
    node.setAccounts(NAMES.toReversed());
    await node.eventually(() =>
      expect(bed().networks.inNode('nft', 'list', 'map', 'inet', 'nodemgr', 'ordinary')).toMatch(
        /1879048192-1879113727 comment "site_three"/,
      ),
    );
    for (const [place] of NAMES.entries()) await bed().flood({ place, protocol: 'udp' });
    const rates = await meter.rates();
    for (const [place, ceiling] of CEILINGS.toReversed().entries()) {
      const rate = rates.get(FIRST_PORT + place) ?? 0;
      expect(Math.abs(rate / ceiling - 1)).toBeLessThan(0.03);
    }
    await node.killDaemon('bwcap-agent');
    await node.startDaemon('bwcap-agent');
    await node.converged(NAMES.length);
    expect(node.complaints).toEqual([]);
  });
});

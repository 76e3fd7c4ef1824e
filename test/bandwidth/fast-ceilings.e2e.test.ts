/** A ceiling that keeps a processor busy, measured at the far end: tools/run-e2e.mjs runs it beside nothing else. */
import { describe, expect, test } from 'vitest';
import { FIRST_PORT } from './support/far-meter.ts';
import { bandwidthNeeds, useTestBed } from './support/test-bed.ts';
import { FAMILIES, FAR } from './support/two-networks.ts';

const { missing, note } = bandwidthNeeds();
/** A sender of datagrams that is not woken in time must still have some waiting: 11 ms of them. */
const ROOMY = { tcp: {}, udp: { buffer: 1 << 20 } } as const;
const PROTOCOLS = ['tcp', 'udp'] as const;
const WAYS = FAMILIES.flatMap((family) => PROTOCOLS.map((protocol) => ({ family, protocol })));
const CEILING = 500e6;

describe.skipIf(missing)(`a sliver's ceiling${note}`, () => {
  const bed = useTestBed();

  test.each(WAYS)(
    'is met within 3% at 500 Mbit/s, by $protocol over IP$family',
    {
      timeout: 180_000,
    },
    async ({ family, protocol }) => {
      const { node, meter } = bed();
      await node.deliver({ slivers: { site_fast: { nm_net_max_rate: CEILING } } });
      await bed().flood({ place: 0, protocol, to: FAR[family], ...ROOMY[protocol] });
      const rate = (await meter.rates()).get(FIRST_PORT) ?? 0;
      console.log(`${protocol} over IP${family}: ${(rate / 1e6).toFixed(1)} of 500 Mbit/s`);
      expect(Math.abs(rate - CEILING) / CEILING).toBeLessThan(0.03);
    },
  );
});

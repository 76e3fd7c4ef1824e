/** What does not leave the machine is not limited. */
import { describe, expect, test } from 'vitest';
import { userOf } from './support/node-records.ts';
import { bandwidthNeeds, useTestBed } from './support/test-bed.ts';

const { missing, note } = bandwidthNeeds();
/** The API's, of an installed node. */
const API_PORT = 812;
const CEILING = 1e6;
const BYTES = 20e6;
/** Far less than the 160 s that it would take at the ceiling. */
const SOON_SECONDS = 5;
const PLACES = [
  { what: 'its own address', to: '10.77.0.1' },
  { what: 'its own IPv6 address', to: 'fd77::1' },
  { what: 'loopback and the API that listens there', to: '127.0.0.1' },
  { what: 'IPv6 loopback', to: '::1' },
];

describe.skipIf(missing)(`a sliver with a low ceiling${note}`, () => {
  const bed = useTestBed();

  test.each(PLACES)('sends to $what without a limit', { timeout: 180_000 }, async ({ to }) => {
    const { networks, node, programs } = bed();
    await node.deliver({
      slivers: { site_low: { nm_net_max_rate: CEILING } },
      cap: { cap: CEILING },
    });
    const port = API_PORT;
    await programs
      .start(networks.node, { do: 'sink', first: port, last: port, datagrams: [] })
      .said();
    const sending = { uid: userOf(0), protocol: 'tcp', to, port, bytes: BYTES } as const;
    const sender = programs.start(networks.node, { do: 'send_once', ...sending });
    expect((await sender.said())['seconds']).toBeLessThan(SOON_SECONDS);
    const { slivers } = await node.traffic();
    expect(slivers[0]?.ordinary?.counters?.sent_bytes).toBe(0);
  });
});

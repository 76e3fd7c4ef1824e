/** What a sliver sends after its programs have ended, and after it has been started again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { FIRST_PORT, NUMBERED_PORTS } from './support/far-meter.ts';
import { rangeOf } from './support/node-records.ts';
import { bandwidthNeeds, type TestBed, useTestBed } from './support/test-bed.ts';
import { FAMILIES, FAR } from './support/two-networks.ts';

const { missing, note } = bandwidthNeeds();
const [NUMBERED = 0] = NUMBERED_PORTS;
/** As many as fit into the map of IPv4 connections. */
const REMEMBERED = 65_536;
const CEILING = 10e6;
/** Some seconds of the ceiling. */
const LEFT_BYTES = 10e6;
/** Whose connection it is that a sliver's data goes by, and how that is known. */
const CONNECTIONS = {
  'a program’s': () => ({}),
  // Root's, as sshd's are, and marked as login-mark marks them.
  'a login’s': (place: number) => ({ uid: 0, mark: rangeOf(place).first }),
} as const;
/** Each is another sliver's. */
const WAYS = FAMILIES.flatMap((family) =>
  Object.entries(CONNECTIONS).map(([whose, opened]) => ({
    what: `${whose} connection over IP${family}`,
    to: FAR[family],
    opened,
  })),
);
/** Whatever else the node says: neighbours are looked for, connections are ended. Bytes. */
const NODE_CHATTER = 20_000;

async function sentBy(bed: TestBed) {
  const { tree, slivers } = await bed.node.traffic();
  const ordinary = slivers.map((sliver) => sliver.ordinary?.counters);
  return {
    slivers: ordinary.map((counters) => counters?.sent_bytes ?? 0),
    waiting: ordinary.map((counters) => counters?.backlog_bytes ?? 0),
    node: tree?.node.ordinary.counters?.sent_bytes ?? 0,
  };
}

describe.skipIf(missing)(`a sliver that has ended its programs${note}`, () => {
  const bed = useTestBed();

  test('is charged for what they left in a program’s and a login’s connection, over IPv4 and IPv6, side by side, and limited in each', {
    timeout: 180_000,
  }, async () => {
    const { node, meter } = bed();
    const slivers = WAYS.map((_, i) => [`site_left${i}`, { nm_net_max_rate: CEILING }] as const);
    await node.deliver({ slivers: Object.fromEntries(slivers) });
    const before = await sentBy(bed());
    const bytesAt = () => {
      const { at, bytes } = meter.read();
      return { at, bytes: WAYS.map((_, place) => bytes.get(FIRST_PORT + place) ?? 0) };
    };
    const arrived = bytesAt().bytes;
    const cameBy = ({ bytes }: ReturnType<typeof bytesAt>, since = arrived) =>
      bytes.map((count, place) => count - (since[place] ?? 0));
    await Promise.all(
      WAYS.map(({ to, opened }, place) =>
        bed().leave({ place, to, ...opened(place), buffer: 4 * LEFT_BYTES }, LEFT_BYTES),
      ),
    );
    for (const closed of cameBy(bytesAt()))
      expect(closed, 'little of it had been sent when the program ended').toBeLessThan(
        LEFT_BYTES / 4,
      );
    await sleep(1000);
    const [start, end] = [bytesAt(), await sleep(5000).then(bytesAt)];
    for (const [place, came] of cameBy(end, start.bytes).entries()) {
      const rate = (came * 8000) / (end.at - start.at);
      const what = WAYS[place]?.what;
      console.log(`left in ${what}: ${(rate / 1e6).toFixed(2)} of ${CEILING / 1e6} Mbit/s`);
      expect(rate, what).toBeLessThan(CEILING * 1.03);
      expect(rate, what).toBeGreaterThan(CEILING * 0.8);
    }
    await node.eventually(() => expect(Math.min(...cameBy(bytesAt()))).toBeGreaterThan(LEFT_BYTES));
    const after = await sentBy(bed());
    for (const [place, { what }] of WAYS.entries())
      expect((after.slivers[place] ?? 0) - (before.slivers[place] ?? 0), what).toBeGreaterThan(
        LEFT_BYTES,
      );
    expect(after.node - before.node).toBeLessThan(NODE_CHATTER);
  });

  test.each(FAMILIES)(
    "is not charged for another's connection from its port to the same place, over IP%s",
    {
      timeout: 180_000,
    },
    async (family) => {
      const { node } = bed();
      const rspec = { nm_net_max_rate: CEILING };
      await node.deliver({ slivers: { site_first: rspec, site_second: rspec } });
      const way = { to: FAR[family], from_port: 40_000, port: FIRST_PORT, buffer: 4 * LEFT_BYTES };
      await bed().leave({ place: 0, ...way }, 100_000);
      await node.eventually(async () => {
        expect(bed().networks.inNode('ss', '-Htn', 'sport', '=', ':40000')).toBe('');
      });
      const before = await sentBy(bed());
      expect(await bed().leave({ place: 1, ...way }, LEFT_BYTES / 2)).toBe(way.from_port);
      const after = await node.eventually(async () => {
        const sent = await sentBy(bed());
        const bySecond = (sent.slivers[1] ?? 0) - (before.slivers[1] ?? 0);
        expect(bySecond).toBeGreaterThan(LEFT_BYTES / 2);
        return sent;
      });
      expect((after.slivers[0] ?? 0) - (before.slivers[0] ?? 0)).toBeLessThan(1000);
      expect(after.node - before.node).toBeLessThan(NODE_CHATTER);
    },
  );

  test('has the same limit, and the same counter, when it starts new ones', {
    timeout: 180_000,
  }, async () => {
    const { node, meter } = bed();
    await node.deliver({ slivers: { site_again: { nm_net_max_rate: CEILING } } });
    const [first = 0] = (await sentBy(bed())).slivers;
    for (const protocol of ['tcp', 'udp'] as const) {
      const program = await bed().flood({ place: 0, protocol, buffer: 16_384 });
      const rate = (await meter.rates(5)).get(FIRST_PORT) ?? 0;
      expect(Math.abs(rate - CEILING) / CEILING, protocol).toBeLessThan(0.03);
      await program.end();
    }
    const [last = 0] = (await sentBy(bed())).slivers;
    expect(last - first).toBeGreaterThan((2 * 5 * CEILING * 0.97) / 8);
  });

  test('keeps its limit, and loses nothing, when no more connections can be remembered', {
    timeout: 180_000,
  }, async () => {
    const { networks, node, meter } = bed();
    await node.deliver({ slivers: { site_full: { nm_net_max_rate: CEILING } } });
    const inMap = (what: string) =>
      networks.inNode('nft', ...what.split(' '), 'inet', 'nodemgr', 'flows4');
    inMap('flush map');
    const others = Array.from({ length: REMEMBERED }, (_, i) => {
      const [high, low] = [i >> 8, i & 255];
      return `192.0.2.1 . 1 . 10.1.${high}.${low} . 1 : 4e4d:10`;
    });
    const file = join(mkdtempSync(join(tmpdir(), 'bw-flows-')), 'flows.nft');
    writeFileSync(file, `add element inet nodemgr flows4 { ${others.join(', ')} }\n`);
    networks.inNode('nft', '-f', file);
    rmSync(dirname(file), { recursive: true });
    await bed().flood({ place: 0 });
    await bed().flood({ place: 0, protocol: 'udp', port: NUMBERED, rate: CEILING / 10 });
    const [before] = (await sentBy(bed())).slivers;
    await sleep(4000);
    const { taken, newest } = await meter.numbered(NUMBERED);
    const [after] = (await sentBy(bed())).slivers;
    expect(taken).toBeGreaterThan(newest - 10);
    expect((after ?? 0) - (before ?? 0)).toBeGreaterThan((4 * CEILING * 0.9) / 8);
    expect(inMap('list map')).not.toContain(`. ${FIRST_PORT} `);
    inMap('flush map');
  });
});

import { expect, test } from 'vitest';
import { bytesText } from '../render/render-amounts.ts';
import { textOf } from '../render/render-line.ts';
import { aPage, aTraffic, NOW } from '../test-support/builders.ts';
import { measureTraffic } from './measure-traffic.ts';
import { renderBandwidth } from './render-bandwidth.ts';

const textFor = (...looks: readonly [ReturnType<typeof aTraffic>, ReturnType<typeof aTraffic>]) =>
  textOf(renderBandwidth(measureTraffic(...looks), aPage()), { colours: false });

test('each sliver has a line for both branches: limits, what it sends now, and what it has sent', () => {
  expect(textFor(aTraffic(1000, 0), aTraffic(2000, 1_234_567))).toMatchInlineSnapshot(`
    "eth0: link 1 Gbit/s, 2 exempt networks, NOW is over 1.0 s

    NAME              TO            MIN        MAX  SHARE          NOW    SENT
    all               ordinary  8 bit/s  20 Mbit/s         9.88 Mbit/s  1.2 MB
                      exempt    8 bit/s   1 Gbit/s             0 bit/s     0 B
    the node itself   ordinary  8 bit/s  20 Mbit/s      1      0 bit/s     0 B
                      exempt    8 bit/s   1 Gbit/s      1      0 bit/s     0 B
    princeton_sirius  ordinary  8 bit/s  20 Mbit/s      1  9.88 Mbit/s  1.2 MB
                      exempt    8 bit/s   1 Gbit/s      1      0 bit/s     0 B
    "
  `);
});

test('what a sliver has sent today is told beside its limit, and that its rate is cut', () => {
  const traffic = aTraffic(1000, 5);
  const day = { begins: NOW / 1000 - 3600, ends: NOW / 1000 + 7200 };
  const ordinary = {
    sent_bytes: 900_000_000,
    limit: { max_bytes: 1e9, threshold_bytes: 8e8 },
    cut: { rate: 18_518, since: 1 },
  };
  const slivers = traffic.slivers.map((each) => ({
    ...each,
    today: { ordinary, exempt: { sent_bytes: 1500 } },
  }));
  const text = textFor(traffic, { ...traffic, day, slivers });
  expect(text).toMatch(/^eth0: .*, TODAY ends 20\d\d-.* \(in 2 h\)$/m);
  expect(text).toMatch(/princeton_sirius +ordinary .* 900 MB of 1 GB, cut$/m);
  expect(text).toMatch(/^ +exempt .* 1\.5 kB$/m);
});

test('where nothing is counted the limits are told all the same', () => {
  const text = textFor(aTraffic(1000, undefined), aTraffic(1000, undefined));
  expect(text).toMatch(/princeton_sirius +ordinary +8 bit\/s +20 Mbit\/s/);
  expect(text).not.toMatch(/SENT|NOW/);
});

test('without a tree it is said that nothing is limited', () => {
  const { tree: _, ...bare } = { ...aTraffic(1000, 0), slivers: [] };
  expect(textFor(bare, bare)).toBe('bandwidth is not limited: there is no tree on an uplink\n');
});

test('amounts of data are told in units of a thousand, as rates are', () => {
  expect([0, 999, 1500, 123_456_789, 2e15].map(bytesText)).toEqual([
    '0 B',
    '999 B',
    '1.5 kB',
    '123 MB',
    '2.0 PB',
  ]);
});

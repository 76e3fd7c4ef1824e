import type { HtbClassReading } from '@nodemgr/native';
import { bitsPerSecond } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bytes, bytes, type HtbClass, htbClass, sameClass } from '../../limits/htb-class.ts';
import { HANDLE, leafIndex, minorOf } from '../../limits/htb-tree.ts';
import { scaleOf } from '../../limits/limit.ts';
import { quantumOf } from '../../limits/share.ts';
import { classesIn, straysIn } from './derive-tree.ts';

const classOf = (rate: number, ceil: number, quantum: Bytes) =>
  htbClass({ rate: bitsPerSecond(rate), ceil: bitsPerSecond(ceil), quantum }, bytes(1514));
/** tc counts in whole microseconds, the kernel in ticks of 64 ns. */
const ticks = (size: number, rate: number) => Math.floor(Math.floor((size / rate) * 1e6) * 15.625);

/** readingOf is a class as the kernel has it when tc has set it. */
function readingOf(minor: number, made: HtbClass): HtbClassReading {
  const [rate, ceil] = [made.rate / 8, made.ceil / 8];
  return {
    ...{ major: HANDLE, minor, parent: 0, rate, ceil, quantum: made.quantum },
    buffer: ticks(made.burst, rate),
    cbuffer: ticks(made.cburst, ceil),
    ...{ priority: 0, level: 0, sentBytes: 0, sentPackets: 0 },
    ...{ drops: 0, overlimits: 0, backlogBytes: 0, queueLength: 0 },
  };
}

test('a class is read as what it was set to, from 8 bit/s to a terabit', () => {
  const rate = fc.integer({ min: 8, max: 1e12 });
  fc.assert(
    fc.property(rate, rate, fc.integer({ min: 1, max: 100 }), (least, most, share) => {
      const scale = scaleOf(bitsPerSecond(1e12), bytes(1500));
      const made = classOf(least, most, quantumOf(share, 'ordinary', scale));
      const { leaves } = classesIn([readingOf(minorOf(leafIndex(3), 'ordinary'), made)]);
      const read = leaves.get(leafIndex(3))?.ordinary;
      expect(sameClass(made, read)).toBe(true);
    }),
  );
});

test('classes are sorted by what they are for; a sliver may have one of its two', () => {
  const made = classOf(8000, 16_000, bytes(6056));
  const { fixed, leaves } = classesIn([
    readingOf(0x2, made),
    readingOf(minorOf(leafIndex(0), 'ordinary'), made),
    readingOf(minorOf(leafIndex(7), 'exempt'), made),
    readingOf(0x77, made),
  ]);
  expect(Object.keys(fixed)).toEqual(['cap']);
  expect([...leaves].map(([index, leaf]) => [index, Object.keys(leaf)])).toEqual([
    [0, ['ordinary']],
    [7, ['exempt']],
  ]);
});

test('a leaf that nobody is sent to is a stray', () => {
  const made = classOf(8000, 16_000, bytes(6056));
  const { leaves } = classesIn([
    readingOf(minorOf(leafIndex(0), 'ordinary'), made),
    readingOf(minorOf(leafIndex(7), 'exempt'), made),
  ]);
  expect([...straysIn(leaves, new Set([leafIndex(0)]))]).toEqual([minorOf(leafIndex(7), 'exempt')]);
});

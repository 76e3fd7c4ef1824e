/** What is counted, against the kernel: classes come and go, the agent and the node are started anew. */
import { type AccountName, bitsPerSecond, epochSeconds } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromStored, type StoredDays, toStored } from '../days/stored-days.ts';
import { bytes } from '../limits/htb-class.ts';
import { classMinor } from '../limits/htb-tree.ts';
import { DayBook } from '../plan/day-book.ts';
import { EISENTEST, SIRIUS } from '../test-support/builders.test-support.ts';
import { DayCounts, type SliverReading } from './day-counts.ts';

const NOW = epochSeconds(1_700_000_000);
const RULE = { hour: 0, zone: 'UTC' };
const DAY = { begins: epochSeconds(NOW - 1000), ends: epochSeconds(NOW + 1000) };
const NEXT_DAY = { begins: DAY.ends, ends: epochSeconds(DAY.ends + 86_400) };

/** The reading of a sliver's one leaf. */
const reading = (sent: number, minor = 0x1000): SliverReading => ({
  ordinary: { ifindex: 2, minor: classMinor(minor), sent: bytes(sent) },
});
const counting = () => new DayCounts({ day: DAY, readAt: NOW, slivers: [] });
const sentIn = (counts: DayCounts) => counts.sent(SIRIUS, 'ordinary');

test('what a class has sent more since it was last read is counted, and of another class all', () => {
  const counts = counting();
  counts.made(SIRIUS, reading(0));
  for (const sent of [100, 250]) counts.read([[SIRIUS, reading(sent)]], NOW);
  expect(sentIn(counts)).toBe(250);
  counts.read([[SIRIUS, reading(30)]], NOW);
  expect(sentIn(counts)).toBe(280);
  counts.read([[SIRIUS, reading(500, 0x1001)]], NOW);
  expect(sentIn(counts)).toBe(780);
});

test('what is in a class that was found, and that nobody is known to have made, is not of today', () => {
  const counts = new DayCounts();
  counts.read([[SIRIUS, reading(5000)]], NOW);
  counts.read([[SIRIUS, reading(5100)]], NOW);
  expect(sentIn(counts)).toBe(100);
});

test('a sliver without a class is not in the account, and one that sends nothing stays as it is', () => {
  const counts = counting();
  counts.read([[EISENTEST, {}]], NOW);
  expect(counts.slivers.size).toBe(0);
  counts.made(SIRIUS, reading(7));
  const before = counts.slivers.get(SIRIUS);
  counts.read([[SIRIUS, reading(7)]], NOW);
  expect(counts.slivers.get(SIRIUS)).toBe(before);
});

test('a sliver that is deleted and made again has sent what it had sent', () => {
  const counts = counting();
  counts.made(SIRIUS, reading(0));
  counts.read([[SIRIUS, reading(100)]], NOW);
  counts.gone(SIRIUS);
  counts.made(SIRIUS, reading(0, 0x1007));
  counts.read([[SIRIUS, reading(200, 0x1007)]], NOW);
  expect(sentIn(counts)).toBe(300);
});

test('a class that another sliver had before counts from what it had', () => {
  const counts = counting();
  counts.made(SIRIUS, reading(1000));
  counts.read([[SIRIUS, reading(1100)]], NOW);
  expect(sentIn(counts)).toBe(100);
});

test('a new day begins with what was sent since it began, and forgets slivers that are gone', () => {
  const counts = counting();
  const both = [
    [SIRIUS, reading(100)],
    [EISENTEST, reading(100, 0x1001)],
  ] as const;
  counts.read(both, epochSeconds(NEXT_DAY.begins - 10));
  counts.gone(EISENTEST);
  counts.begin(NEXT_DAY, [[SIRIUS, reading(180)]], epochSeconds(NEXT_DAY.begins + 30));
  expect(sentIn(counts)).toBe(60);
  expect([...counts.slivers.keys()]).toEqual([SIRIUS]);
  expect(counts.day).toEqual(NEXT_DAY);
});

test('an uplink that is away when a day begins costs nobody what it had sent before', () => {
  const counts = counting();
  counts.read([[SIRIUS, reading(100)]], NOW);
  counts.begin(NEXT_DAY, [], NEXT_DAY.begins);
  counts.read([[SIRIUS, reading(150)]], NEXT_DAY.begins);
  expect(sentIn(counts)).toBe(50);
});

test('a class that was the sliver’s all along goes on counting when the table of senders is made anew', () => {
  const counts = counting();
  counts.made(SIRIUS, reading(0));
  counts.read([[SIRIUS, reading(100)]], NOW);
  counts.made(SIRIUS, reading(130));
  counts.read([[SIRIUS, reading(150)]], NOW);
  expect(sentIn(counts)).toBe(150);
});

/** The kernel's classes, and a counter that no class takes along. */
class World {
  counts = counting();
  sent = 0;
  #class: number | undefined;
  #minor = 0x1000;
  #boot = 'boot-0';
  #disk: StoredDays = this.#toDisk();

  send(amount: number): void {
    if (this.#class === undefined) return;
    this.#class += amount;
    this.sent += amount;
  }

  read(): void {
    const readings: [AccountName, SliverReading][] =
      this.#class === undefined ? [] : [[SIRIUS, reading(this.#class, this.#minor)]];
    this.counts.read(readings, NOW);
  }

  /** As the agent does it: the counters are read before, and what was made is noted after. */
  remake(minor: number, left: number): void {
    this.read();
    if (this.#class !== undefined && minor !== this.#minor) this.counts.gone(SIRIUS);
    // What another sliver has left there is of a place that was not this one's.
    this.#class = minor === this.#minor ? 0 : left;
    this.#minor = minor;
    this.counts.made(SIRIUS, reading(this.#class, minor));
  }

  remove(): void {
    this.read();
    this.#class = undefined;
    this.counts.gone(SIRIUS);
  }

  keep(): void {
    this.#disk = this.#toDisk();
  }

  /** The agent is stopped in an orderly way, or killed: the classes stay. */
  restart(): void {
    this.counts = fromStored(this.#disk, this.#boot).counts;
  }

  reboot(): void {
    this.read();
    this.keep();
    this.#boot += '+';
    this.#class = undefined;
    this.restart();
  }

  #toDisk(): StoredDays {
    const book = new DayBook(this.counts, RULE, bitsPerSecond(1e9));
    return JSON.parse(JSON.stringify(toStored(book, this.#boot))) as StoredDays;
  }
}

test('nothing is counted twice or lost, however often the agent, the node and the classes begin anew', () => {
  const act = fc.oneof(
    fc.nat({ max: 1000 }).map((amount) => (world: World) => world.send(amount)),
    fc.constant((world: World) => world.read()),
    fc.constant((world: World) => world.keep()),
    fc.constant((world: World) => world.restart()),
    fc.constant((world: World) => world.reboot()),
    fc.constant((world: World) => {
      world.remove();
      world.keep();
    }),
    fc
      .tuple(fc.constantFrom(0x1000, 0x1001), fc.nat({ max: 50 }))
      .map(([minor, left]) => (world: World) => {
        world.remake(minor, left);
        world.keep();
      }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40, size: 'max' }), (acts) => {
      const world = new World();
      for (const one of acts) one(world);
      world.read();
      expect(sentIn(world.counts)).toBe(world.sent);
    }),
    { numRuns: 500 },
  );
});

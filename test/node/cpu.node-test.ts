/** nm_cpu_share and nm_cpu_guaranteed_share, by what busy slivers really get. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { cpuTimes, pidsOf } from './machine/look-at-slivers.ts';
import { publishTestbed, theTestbed } from './the-node.ts';

const [LESS, MORE] = ['lab_s01', 'lab_s02'] as const;
const OTHERS = Array.from(
  { length: 10 },
  (_, place) => `lab_s${String(place + 5).padStart(2, '0')}`,
);
/** One loop on each: what moves work from one processor to another is not what is measured. */
const PROCESSORS = [0, 1];
/** Long beside the scheduler's periods. */
const WINDOW_MS = 15_000;
const node = theTestbed();
const busy = new Set<string>();

async function makeBusy(...slivers: readonly string[]): Promise<void> {
  const loops = PROCESSORS.map(
    (cpu) => `setsid taskset -c ${cpu} sh -c 'while :; do :; done' </dev/null >/dev/null 2>&1 &`,
  );
  // A login on a machine that is busy already takes its time.
  await Promise.all(slivers.map((sliver) => node.stayIn(sliver)));
  for (const sliver of slivers) {
    busy.add(sliver);
    await node.inWell(sliver, loops.join('\n'));
  }
}

afterEach(async () => {
  // Not the shell that says so: its own command line does not have the pattern.
  for (const sliver of busy) await node.in(sliver, `pkill -KILL -f '[w]hile :'`);
  busy.clear();
});

/** sharesOf returns the part of what all slivers had in the window that each of these had. */
async function sharesOf(...slivers: readonly string[]): Promise<readonly number[]> {
  const before = await cpuTimes(node.machine, slivers);
  await delay(WINDOW_MS);
  const after = await cpuTimes(node.machine, slivers);
  const all = after.all - before.all;
  // The slivers have the machine to themselves, or nothing is shown.
  expect(all).toBeGreaterThan(WINDOW_MS * 1000 * 0.2);
  return slivers.map((name) => ((after.of[name] ?? 0) - (before.of[name] ?? 0)) / all);
}

test('two busy slivers with shares 1:3 get 1:3', async () => {
  await publishTestbed(node, {
    [LESS]: { rspec: { nm_cpu_share: 32 } },
    [MORE]: { rspec: { nm_cpu_share: 96 } },
  });
  await makeBusy(LESS, MORE);
  const [less = 0, more = 0] = await sharesOf(LESS, MORE);
  console.log(
    `shares 1:3: ${less.toFixed(3)} and ${more.toFixed(3)}, 1:${(more / less).toFixed(2)}`,
  );
  expect(more / less).toBeGreaterThan(3 * 0.9);
  expect(more / less).toBeLessThan(3 * 1.1);
});

test('a share that an update changes is had at once, and nothing is restarted for it', async () => {
  await makeBusy(LESS, MORE);
  const before = await pidsOf(node.machine, [LESS, MORE]);
  await publishTestbed(node, {
    [LESS]: { rspec: { nm_cpu_share: 64 } },
    [MORE]: { rspec: { nm_cpu_share: 64 } },
  });
  const [less = 0, more = 0] = await sharesOf(LESS, MORE);
  expect(more / less).toBeGreaterThan(0.9);
  expect(more / less).toBeLessThan(1.1);
  expect(await pidsOf(node.machine, [LESS, MORE])).toEqual(before);
});

test('a sliver with 20% guaranteed gets it among many busy others, and a loan of it moves it while both run', async () => {
  await publishTestbed(node, {
    [LESS]: { rspec: { nm_cpu_share: 8, nm_cpu_guaranteed_share: 200 } },
  });
  await makeBusy(LESS, MORE, ...OTHERS);
  const before = await pidsOf(node.machine, [LESS, MORE]);
  const [guaranteed = 0, ordinary = 0] = await sharesOf(LESS, MORE);
  console.log(
    `20% guaranteed: ${guaranteed.toFixed(3)}; one of the ${OTHERS.length + 1} others: ${ordinary.toFixed(3)}`,
  );
  expect(guaranteed).toBeGreaterThanOrEqual(0.2);
  expect(ordinary).toBeLessThan(0.15);

  await node.api.call('SetLoans', LESS, [[MORE, 'nm_cpu_guaranteed_share', 200]]);
  await node.converged();
  const [lender = 0, borrower = 0] = await sharesOf(LESS, MORE);
  console.log(`lent: the lender has ${lender.toFixed(3)}, the borrower ${borrower.toFixed(3)}`);
  expect(borrower).toBeGreaterThanOrEqual(0.2);
  expect(lender).toBeLessThan(0.1);
  expect(await pidsOf(node.machine, [LESS, MORE])).toEqual(before);
  await node.api.call('SetLoans', LESS, []);
});

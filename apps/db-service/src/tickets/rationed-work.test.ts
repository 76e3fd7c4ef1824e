import { beforeEach, expect, test } from 'vitest';
import { RationedWork } from './rationed-work.ts';

let clock: number;
let waits: { readonly ms: number; readonly go: () => void }[];

beforeEach(() => {
  clock = 0;
  waits = [];
});

const rationed = (maxWaiting = 2) =>
  new RationedWork({
    what: 'tickets',
    now: () => clock,
    pause: (ms) => new Promise((resolve) => waits.push({ ms, go: () => resolve(true) })),
    maxWaiting,
    maxWaitMs: 1000,
  });

/** Lets everyone who waits look at the clock again. */
async function wake(): Promise<void> {
  for (const { go } of waits.splice(0)) go();
  await new Promise(setImmediate);
}

const work = (ms: number) => () => {
  clock += ms;
  return `done at ${clock}`;
};

test('work is followed by a rest that is as long as it took', async () => {
  const ration = rationed();
  expect(await ration.run(work(50))).toBe('done at 50');
  const next = ration.run(work(10));
  expect(waits.map(({ ms }) => ms)).toEqual([50]);
  clock = 100;
  await wake();
  expect(await next).toBe('done at 110');
});

test('those who wait work one after another, each after a rest', async () => {
  const ration = rationed();
  await ration.run(work(50));
  const both = [ration.run(work(50)), ration.run(work(50))];
  clock = 100;
  await wake();
  expect(waits.map(({ ms }) => ms)).toEqual([50]);
  clock = 200;
  await wake();
  expect(await Promise.all(both)).toEqual(['done at 150', 'done at 250']);
});

test('work that fails counts too, and fails for whoever asked for it', async () => {
  const ration = rationed();
  const failing = ration.run(() => {
    clock += 50;
    throw new Error('refused');
  });
  await expect(failing).rejects.toThrow('refused');
  void ration.run(work(1));
  expect(waits).toHaveLength(1);
});

test('who finds too many waiting, or has waited too long, is told to come later', async () => {
  const ration = rationed(1);
  await ration.run(work(5000));
  const waiting = ration.run(work(1));
  await expect(ration.run(work(1))).rejects.toThrow('too many tickets are waiting');
  clock = 6500;
  await Promise.all([wake(), expect(waiting).rejects.toMatchObject({ kind: 'unavailable' })]);
});

test('nobody waits for a process that is being stopped', async () => {
  const now = () => clock;
  const pause = async () => false;
  const ration = new RationedWork({ what: 'tickets', now, pause, maxWaiting: 1, maxWaitMs: 1000 });
  await ration.run(work(50));
  await expect(ration.run(work(1))).rejects.toThrow('db-service is being stopped');
});

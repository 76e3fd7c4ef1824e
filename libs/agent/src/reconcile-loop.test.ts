import { FailureBoard } from '@nodemgr/daemon';
import { revision } from '@nodemgr/records';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { ActionFailed } from './action-failed.ts';
import { FakeTiming } from './fake-timing.test-support.ts';
import { type Agent, type Plan, ReconcileLoop } from './reconcile-loop.ts';

/** Subjects with a number each: the wanted one is to become the actual one. */
class Numbers implements Agent<string, number, number> {
  readonly wanted = new Map<string, number>();
  readonly actual = new Map<string, number>();
  readonly broken = new Set<string>();
  active = 0;
  mostActive = 0;
  steps = 0;
  pause: () => Promise<unknown> = async () => {};

  keys(): Iterable<string> {
    return new Set([...this.wanted.keys(), ...this.actual.keys()]);
  }
  async observe(key: string): Promise<number> {
    return this.actual.get(key) ?? 0;
  }
  plan(key: string, observed: number): Plan<number> {
    const wanted = this.wanted.get(key) ?? 0;
    if (wanted < 0) throw new ActionFailed('decide', 'less than nothing is wanted');
    if (wanted > 999)
      return { steps: [], unmet: { outcome: 'withheld', action: 'raise', reason: 'too much' } };
    return { steps: wanted === observed ? [] : [wanted] };
  }
  async execute(key: string, step: number): Promise<void> {
    this.active += 1;
    this.mostActive = Math.max(this.mostActive, this.active);
    this.steps += 1;
    await this.pause();
    this.active -= 1;
    if (this.broken.has(key)) throw new Error('it is broken');
    this.actual.set(key, step);
  }
  nameOf(): string {
    return 'set';
  }
}

const log = { warn: () => {}, info: () => {}, debug: () => {} };
let stopLast = async (): Promise<void> => {};
afterEach(() => stopLast());

function start(agent: Numbers, workers = 4) {
  const timing = new FakeTiming();
  const failures = new FailureBoard(() => timing.now());
  const loop = new ReconcileLoop(agent, {
    code: 'account',
    workers,
    failures,
    log,
    resyncMs: 600_000,
    timing,
  });
  loop.start();
  stopLast = () => loop.stop();
  const idle = () => vi.waitFor(() => expect(loop.busy).toBe(0));
  return { loop, timing, failures, idle };
}

test('a woken subject is brought in line', async () => {
  const agent = new Numbers();
  const { loop, idle } = start(agent);
  agent.wanted.set('a', 7);
  loop.wake(['a'], revision(1));
  expect(loop.settledUpTo(revision(1))).toBe(0);
  await idle();
  expect(agent.actual.get('a')).toBe(7);
  expect(loop.settledUpTo(revision(1))).toBe(1);
});

test('the last desired state wins, whatever was wanted on the way', async () => {
  const wants = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 9 })));
  await fc.assert(
    fc.asyncProperty(wants, fc.scheduler(), async (changes, scheduler) => {
      const agent = new Numbers();
      agent.pause = () => scheduler.schedule(Promise.resolve());
      const { loop } = start(agent, 2);
      for (const [key, value] of changes) {
        agent.wanted.set(key, value);
        loop.wake([key]);
        if (scheduler.count() > 0) await scheduler.waitOne();
      }
      await scheduler.waitIdle();
      await vi.waitFor(async () => {
        await scheduler.waitIdle();
        expect(loop.busy).toBe(0);
      });
      for (const [key, value] of agent.wanted) expect(agent.actual.get(key) ?? 0).toBe(value);
      await loop.stop();
    }),
    { numRuns: 50 },
  );
});

test('no more subjects are worked on side by side than there are workers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.nat({ max: 20 }), async (workers, n) => {
      const agent = new Numbers();
      agent.pause = () => new Promise((resolve) => setImmediate(resolve));
      for (let i = 0; i < n; i += 1) agent.wanted.set(`k${i}`, 1);
      const { loop, idle } = start(agent, workers);
      loop.wake('all');
      await idle();
      expect(agent.mostActive).toBe(Math.min(workers, n));
      await loop.stop();
    }),
    { numRuns: 20 },
  );
});

test('a subject that fails holds up no other, is shown, and is tried again later and later', async () => {
  const agent = new Numbers();
  const { loop, timing, failures, idle } = start(agent, 1);
  agent.broken.add('a');
  agent.wanted.set('a', 1).set('b', 2);
  loop.wake('all', revision(5));
  await idle();
  expect(agent.actual.get('b')).toBe(2);
  expect(loop.settledUpTo(revision(5))).toBe(5);
  expect(failures.list()).toMatchObject([
    { subject: 'a', action: 'set', reason: 'it is broken', retry_at: timing.now() + 1000 },
  ]);
  timing.advance(1000);
  await vi.waitFor(() => expect(failures.list()).toMatchObject([{ attempts: 2 }]));
  expect(failures.list()).toMatchObject([{ retry_at: timing.now() + 2000 }]);
});

test('success clears the failure and starts the back-off afresh', async () => {
  const agent = new Numbers();
  const { loop, timing, failures, idle } = start(agent);
  agent.broken.add('a');
  agent.wanted.set('a', 1);
  loop.wake(['a']);
  await idle();
  agent.broken.clear();
  timing.advance(1000);
  await vi.waitFor(() => expect(failures.list()).toEqual([]));
  expect(agent.actual.get('a')).toBe(1);
  expect(timing.pending).toBe(1);
});

test('a retry tries at once what fails, and back-off begins anew', async () => {
  const agent = new Numbers();
  const { loop, timing, failures, idle } = start(agent);
  agent.broken.add('a');
  agent.wanted.set('a', 1).set('b', 1);
  loop.wake('all');
  await idle();
  for (let attempt = 2; attempt <= 6; attempt += 1) {
    timing.advance(300_000);
    await vi.waitFor(() => expect(failures.find('a')?.attempts).toBe(attempt));
  }
  expect(failures.find('a')?.retry_at).toBe(timing.now() + 32_000);
  expect(loop.failing()).toEqual(['a']);
  loop.retry(['a']);
  expect(await loop.settled(['a'], 60_000)).toBe(true);
  expect(failures.find('a')).toMatchObject({ attempts: 7, retry_at: timing.now() + 1000 });
  agent.broken.clear();
  loop.retry(loop.failing());
  expect(await loop.settled(['a'], 60_000)).toBe(true);
  expect([agent.actual.get('a'), loop.failing()]).toEqual([1, []]);
});

test('whoever waits for a subject that is not done in time is told so', async () => {
  const agent = new Numbers();
  agent.pause = () => new Promise(() => {});
  const { loop, timing } = start(agent);
  agent.wanted.set('a', 1);
  loop.retry(['a']);
  const settled = loop.settled(['a'], 60_000);
  await vi.waitFor(() => expect(agent.active).toBe(1));
  timing.advance(60_000);
  expect(await settled).toBe(false);
});

test('the log has one line for each reason, however often it fails', async () => {
  const agent = new Numbers();
  const timing = new FakeTiming();
  const failures = new FailureBoard(() => timing.now());
  const warned: unknown[] = [];
  const counting = { ...log, warn: (...words: unknown[]) => void warned.push(words) };
  const loop = new ReconcileLoop(agent, {
    code: 'account',
    workers: 1,
    failures,
    log: counting,
    resyncMs: 600_000,
    timing,
  });
  loop.start();
  stopLast = () => loop.stop();
  agent.broken.add('a');
  agent.wanted.set('a', 1);
  loop.wake('all');
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await vi.waitFor(() => expect(failures.find('a')?.attempts).toBe(attempt));
    timing.advance(10_000);
  }
  expect(warned).toHaveLength(1);
  // After an hour one more line says how often it has failed since.
  timing.advance(3_600_000);
  await vi.waitFor(() => expect(warned).toHaveLength(2));
  expect(warned[1]).toEqual([expect.objectContaining({ times: 3 }), expect.any(String)]);
});

test('a planner that refuses is a failure with its own reason', async () => {
  const agent = new Numbers();
  const { loop, failures, idle } = start(agent);
  agent.wanted.set('a', -1);
  loop.wake(['a']);
  await idle();
  expect(failures.list()).toMatchObject([
    { subject: 'a', action: 'decide', reason: 'less than nothing is wanted' },
  ]);
});

test('what is withheld is shown without a time of retry, and is gone once it may be done', async () => {
  const agent = new Numbers();
  const { loop, failures, idle } = start(agent);
  agent.wanted.set('a', 1000);
  loop.wake(['a']);
  await idle();
  expect(failures.list()).toMatchObject([{ action: 'raise', reason: 'too much' }]);
  expect(failures.list()[0]).not.toHaveProperty('retry_at');
  agent.wanted.set('a', 5);
  loop.wake(['a']);
  await vi.waitFor(() => expect(failures.list()).toEqual([]));
});

test('a plan that never ends is a failure, not a loop', async () => {
  const agent = new Numbers();
  agent.plan = () => ({ steps: [1] });
  const { loop, failures, idle } = start(agent);
  loop.wake(['a']);
  await idle();
  expect(failures.list()).toMatchObject([{ subject: 'a', action: 'converge' }]);
  expect(agent.steps).toBe(5);
});

test('every plan is adopted once, before its first step, also one without steps', async () => {
  const seen: string[] = [];
  class Adopting extends Numbers {
    adopt(key: string, { steps }: Plan<number>): void {
      seen.push(`${key} ${steps.length}, ${this.steps} done`);
    }
  }
  const agent = new Adopting();
  const { loop, idle } = start(agent);
  agent.wanted.set('a', 7);
  loop.wake(['a']);
  await idle();
  expect(seen).toEqual(['a 1, 0 done', 'a 0, 1 done']);
});

test('everything is looked at again after a while, woken or not', async () => {
  const agent = new Numbers();
  const { timing } = start(agent);
  agent.wanted.set('a', 3);
  timing.advance(600_000 * 1.25);
  await vi.waitFor(() => expect(agent.actual.get('a')).toBe(3));
});

test('stop ends all at once, even a step that never ends', async () => {
  const agent = new Numbers();
  agent.pause = () => new Promise(() => {});
  const { loop, timing, failures } = start(agent, 2);
  for (const key of ['a', 'b', 'c']) agent.wanted.set(key, 1);
  loop.wake('all');
  await vi.waitFor(() => expect(agent.active).toBe(2));
  await loop.stop();
  loop.wake('all');
  expect(agent.steps).toBe(2);
  expect(timing.pending).toBe(0);
  expect(failures.list()).toEqual([]);
});

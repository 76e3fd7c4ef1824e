import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { FeedChange } from '@nodemgr/contracts';
import { epochSeconds, type RecordKey, revision } from '@nodemgr/records';
import { buildSync } from 'esbuild';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type FeedSubscription, publishFeed, subscribeFeed } from './index.ts';

const log = pino({ level: 'silent' });
const N = 'n' as RecordKey;
const publisherFile = resolve('dist/test/bus/publisher.cjs');
let folder: string;
let children: ChildProcess[];
let subscriptions: FeedSubscription[];

beforeAll(() => {
  buildSync({
    entryPoints: [resolve('libs/bus/src/publisher.process.ts')],
    outfile: publisherFile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['zeromq'],
    tsconfig: 'tsconfig.base.json',
  });
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'feed-'));
  children = [];
  subscriptions = [];
});

afterEach(async () => {
  for (const subscription of subscriptions) await subscription.close();
  for (const child of children) await kill(child);
  rmSync(folder, { recursive: true });
});

const sockets = () => ({
  changes: join(folder, 'changes.sock'),
  snapshot: join(folder, 'snapshot.sock'),
});

function startPublisher(): ChildProcess {
  const { changes, snapshot } = sockets();
  const child = spawn(process.execPath, [publisherFile, changes, snapshot, join(folder, 'state')]);
  children.push(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function follow(onChange = (_revision: number) => {}): FeedSubscription {
  const subscription = subscribeFeed({
    ...sockets(),
    log,
    onChange: ({ revision }) => onChange(revision),
  });
  subscriptions.push(subscription);
  return subscription;
}

function heldValue(subscription: FeedSubscription): number | undefined {
  const item = subscription.items.get(N);
  return item?.kind === 'removal' ? item.removed_at : undefined;
}

test('a subscriber that starts before its publisher waits, then has everything', async () => {
  const subscription = follow();
  expect(subscription.position).toEqual({ state: 'waiting' });
  startPublisher();
  await subscription.reached(revision(10), 10_000);
  expect(subscription.position.state).toBe('live');
  expect(heldValue(subscription)).toBe(subscription.position.revision);
});

test('a publisher killed and restarted mid-stream loses no subscriber, and no subscriber sees a gap or a step back', async () => {
  const seen: { revision: number; value: number | undefined }[] = [];
  const subscription = follow((revision) =>
    seen.push({ revision, value: heldValue(subscription) }),
  );
  let child = startPublisher();
  await subscription.reached(revision(20), 10_000);
  for (let life = 0; life < 3; life++) {
    await kill(child);
    const kept = subscription.position.revision ?? 0;
    expect(heldValue(subscription)).toBe(kept);
    child = startPublisher();
    await subscription.reached(revision(kept + 50), 10_000);
  }
  for (const { revision, value } of seen) expect(value).toBe(revision);
  const revisions = seen.map(({ revision }) => revision);
  expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
});

test('with its publisher gone a subscriber is stale and still readable', async () => {
  const subscription = follow();
  const child = startPublisher();
  await subscription.reached(revision(5), 10_000);
  await kill(child);
  await vi.waitFor(() => expect(subscription.position.state).toBe('stale'), { timeout: 10_000 });
  expect(heldValue(subscription)).toBe(subscription.position.revision);
  await expect(subscription.reached(revision(1e9), 50)).rejects.toMatchObject({
    kind: 'unavailable',
  });
});

test('a subscriber that was too slow sees the gap and takes a snapshot', async () => {
  let committed = 0;
  const position = () => ({ epoch: 'e', revision: revision(committed) });
  const now = (): FeedChange => ({
    ...position(),
    entries: [
      { key: N, item: { kind: 'removal', reason: 'expired', removed_at: epochSeconds(committed) } },
    ],
  });
  const feed = await publishFeed({
    ...sockets(),
    log,
    current: now,
    position,
  });
  const subscription = follow();
  await vi.waitFor(() => expect(subscription.position.state).toBe('live'), { timeout: 10_000 });
  committed += 1; // Committed, and never published: what a full queue does to a message.
  committed += 1;
  feed.publish(now());
  await subscription.reached(revision(2), 10_000);
  expect(heldValue(subscription)).toBe(2);
  await feed.close();
});

test('a follower that could not take note of what it was told is told again', async () => {
  const told: number[] = [];
  let refusals = 0;
  startPublisher();
  const subscription = follow((revision) => {
    if (refusals < 2) {
      refusals += 1;
      throw new Error('not ready yet');
    }
    told.push(revision);
  });
  await vi.waitFor(() => expect(told).not.toEqual([]), { timeout: 10_000 });
  expect([refusals, heldValue(subscription)]).toEqual([2, expect.any(Number)]);
});

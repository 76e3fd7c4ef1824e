import type { FeedChange, FeedItem } from '@nodemgr/contracts';
import { epochSeconds, type RecordKey, revision } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FeedReplica } from './feed-replica.ts';

const key = (text: string) => text as RecordKey;
const item = (n: number): FeedItem => ({
  kind: 'removal',
  reason: 'expired',
  removed_at: epochSeconds(n),
});

function aChange(at: number, entries: Record<string, number | null>, epoch = 'e1'): FeedChange {
  return {
    epoch,
    revision: revision(at),
    entries: Object.entries(entries).map(([name, n]) => ({
      key: key(name),
      item: n === null ? null : item(n),
    })),
  };
}

function aLiveReplica(at = 5): FeedReplica {
  const replica = new FeedReplica();
  replica.snapshot(aChange(at, { a: 1 }));
  return replica;
}

test('a change that follows is applied, and names its keys', () => {
  const replica = aLiveReplica();
  expect(replica.change(aChange(6, { b: 2, a: null }))).toEqual(['b', 'a']);
  expect([...replica.items.keys()]).toEqual(['b']);
  expect(replica.wantsSnapshot).toBe(false);
});

test('a gap asks for a snapshot and leaves what was known readable', () => {
  const replica = aLiveReplica();
  expect(replica.change(aChange(7, { b: 2 }))).toEqual([]);
  expect(replica.wantsSnapshot).toBe(true);
  expect([...replica.items.keys()]).toEqual(['a']);
});

test('a new publisher asks for a snapshot, even at the same revision', () => {
  const replica = aLiveReplica();
  replica.heartbeat({ epoch: 'e2', revision: revision(5) });
  expect(replica.wantsSnapshot).toBe(true);
});

test('a heartbeat ahead of us shows a change that was lost', () => {
  const replica = aLiveReplica();
  replica.heartbeat({ epoch: 'e1', revision: revision(6) });
  expect(replica.wantsSnapshot).toBe(true);
});

test('changes published while a snapshot was under way are applied after it, older ones are not', () => {
  const replica = new FeedReplica();
  replica.change(aChange(6, { a: 6 }));
  replica.change(aChange(7, { b: 7 }));
  replica.snapshot(aChange(6, { a: 60 }));
  expect(replica.position?.revision).toBe(7);
  expect(replica.items.get(key('a'))).toEqual(item(60));
  expect(replica.items.get(key('b'))).toEqual(item(7));
});

test('a change kept from an earlier life of the publisher is void after a snapshot of the next', () => {
  const replica = aLiveReplica();
  replica.distrust();
  replica.change(aChange(7, { b: 7 }));
  replica.snapshot(aChange(9, { a: 9 }, 'e2'));
  expect(replica.wantsSnapshot).toBe(false);
  expect(replica.position).toEqual({ epoch: 'e2', revision: 9 });
  expect([...replica.items.keys()]).toEqual(['a']);
});

test('whatever is lost or late, the replica ends equal to the publisher', () => {
  const step = fc.record({
    entries: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.option(fc.nat(99))),
    fate: fc.constantFrom('arrives', 'arrives', 'is lost', 'publisher restarts'),
    snapshotArrives: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const truth = new Map<string, number>();
      let at = { epoch: 'e0', revision: 0 };
      const whole = () => ({ ...aChange(at.revision, Object.fromEntries(truth), at.epoch) });
      const replica = new FeedReplica();
      for (const { entries, fate, snapshotArrives } of steps) {
        for (const [name, n] of Object.entries(entries)) {
          if (n === null) truth.delete(name);
          else truth.set(name, n);
        }
        const epoch = fate === 'publisher restarts' ? `${at.epoch}'` : at.epoch;
        at = { epoch, revision: at.revision + 1 };
        if (fate === 'arrives') replica.change(aChange(at.revision, entries, at.epoch));
        if (snapshotArrives && replica.wantsSnapshot) replica.snapshot(whole());
      }
      replica.heartbeat({ ...at, revision: revision(at.revision) });
      if (replica.wantsSnapshot) replica.snapshot(whole());
      expect(new Map(replica.items)).toEqual(
        new Map([...truth].map(([name, n]) => [key(name), item(n)])),
      );
      expect(replica.position).toEqual(at);
    }),
  );
});

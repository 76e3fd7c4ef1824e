/** Decisions are pure: whatever they ask for, the caller does. */
import { checkConfig } from '@nodemgr/config';
import { accountName, epochSeconds, recordKeyOf, revision, TIMESTAMP_KEY } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LeasesHere } from '../desired/stop-ahead.ts';
import { SharedLimits } from '../limits/shared-limits.ts';
import { ABSENT, newSliver, type ObservedAccount } from '../observed/observed-account.ts';
import { slot } from '../slots/account-ids.ts';
import { SlotTable } from '../slots/slot-table.ts';
import {
  acceptedIn,
  aDelegate,
  aRunningSliver,
  aSliver,
  BOOT,
  IMAGE,
  keyed,
  NODE,
  SIRIUS,
  theRemoval,
} from '../test-support/builders.test-support.ts';
import { decideAccount, type Grounds } from './decide-account.ts';

const { accounts, leases } = checkConfig(
  { node: { id: 1 }, plc: { url: 'https://plc.example/' }, accounts: { slots: 3 } },
  'test',
);
const OTHER = accountName('site_other');
const NOW = 1_000_000;

interface Changes {
  readonly slots?: SlotTable;
  readonly state?: 'live' | 'waiting';
  readonly clockTrusted?: boolean;
}

function theGrounds(
  items: Grounds['feed']['items'] = new Map(),
  { slots = new SlotTable(accounts.slots), state = 'live', clockTrusted = true }: Changes = {},
) {
  return {
    feed: { items, position: { state, revision: revision(7) } },
    bootId: BOOT,
    accounts,
    leases,
    leasesHere: new LeasesHere(items),
    slots,
    shared: new SharedLimits(NODE),
    slices: {},
    newestImage: () => IMAGE,
    noRoom: undefined,
    failureOf: () => undefined,
    forgottenBy: () => undefined,
    clock: { now: epochSeconds(NOW), clockTrusted },
  } satisfies Grounds;
}

const kept = { state: 'kept', slot: slot(0), image: IMAGE } as const;
const observed = fc.constantFrom<ObservedAccount>(
  ABSENT,
  aRunningSliver(),
  aRunningSliver({ state: 'stopped', user: 'none', login: false, idTakenBy: 'bob' }),
  aRunningSliver({ ailing: 'it ends again and again' }),
  newSliver(slot(1), { where: 'none' }),
  { ...kept, since: epochSeconds(NOW - 10) },
  { ...kept, since: epochSeconds(0) },
  { state: 'delegate', slot: slot(2), user: 'whole', login: true },
  { state: 'foreign', cause: 'name-taken', reason: 'not ours' },
);
const sliverKey = recordKeyOf('sliver', SIRIUS);
const items = fc
  .tuple(
    fc.constantFrom(
      [],
      [keyed(aSliver())],
      [keyed(aSliver(SIRIUS, { effective: { nm_enabled: 0 } }))],
      [[sliverKey, theRemoval('document')] as const],
      [[sliverKey, theRemoval('expired')] as const],
    ),
    fc.constantFrom([], [keyed(aDelegate(SIRIUS))]),
    fc.constantFrom([], [[TIMESTAMP_KEY, acceptedIn(BOOT, 'plc')] as const]),
  )
  .map((parts) => new Map(parts.flat()));
/** Others have some slots, be it all of them, and the account may have one. */
const slots = fc.subarray([0, 1, 2]).chain((taken) =>
  fc.boolean().map((isHeld) => () => {
    const table = new SlotTable(accounts.slots);
    for (const place of taken) table.hold(accountName(`site_${place}`), slot(place));
    if (isHeld && !taken.includes(0)) table.hold(SIRIUS, slot(0));
    return table;
  }),
);

/** Everything that can be asked of a table: who holds what, and who would get what. */
function contentOfTable(table: SlotTable) {
  const holders = [0, 1, 2].map((place) => table.holderOf(slot(place)));
  const next = (['sliver', 'delegate'] as const).map((type) => table.slotFor(OTHER, type));
  return { holders, next, why: table.whyNone('sliver') };
}

test('an account is decided on twice with the same result, and nothing that it is decided by has changed', () => {
  const state = fc.constantFrom('live' as const, 'waiting' as const);
  fc.assert(
    fc.property(observed, items, slots, state, fc.boolean(), (account, feed, make, live, clock) => {
      const grounds = theGrounds(feed, { slots: make(), state: live, clockTrusted: clock });
      const before = [structuredClone(account), structuredClone(feed)];
      const first = decideAccount(SIRIUS, account, grounds);
      expect(decideAccount(SIRIUS, account, grounds)).toEqual(first);
      expect(contentOfTable(grounds.slots)).toEqual(contentOfTable(make()));
      expect([account, feed]).toEqual(before);
    }),
    { numRuns: 1000 },
  );
});

test('a new account is to hold the lowest slot that is free, which nobody has been given yet', () => {
  const grounds = theGrounds(new Map([keyed(aSliver())]));
  grounds.slots.hold(OTHER, slot(0));
  expect(decideAccount(SIRIUS, ABSENT, grounds).slot).toBe(1);
  expect(grounds.slots.holderOf(slot(1))).toBeUndefined();
});

test('an account that is gone gives up its slot, and so does one whose name is somebody else’s', () => {
  const grounds = theGrounds();
  expect(decideAccount(SIRIUS, ABSENT, grounds)).toEqual({ steps: [], slot: 'none' });
  const stranger = { state: 'foreign', cause: 'name-taken', reason: 'not ours' } as const;
  const wanted = theGrounds(new Map([keyed(aSliver())]));
  expect(decideAccount(SIRIUS, stranger, wanted)).toMatchObject({
    slot: 'none',
    waitsFor: 'name-taken',
  });
});

test('whoever runs, or is about to, gives the slices what all slivers keep; a sliver that cannot be made does not', () => {
  const grounds = theGrounds(new Map([keyed(aSliver())]));
  grounds.shared.update([[OTHER, { nm_mem_min: 4000 }]]);
  const stepsFor = (account: ObservedAccount) =>
    decideAccount(SIRIUS, account, grounds).steps.map(({ step }) => step);
  const set = { step: 'set-slices', limits: { memoryMin: 4000 } };
  expect(stepsFor(aRunningSliver()).at(-1)).toEqual(set);
  expect(stepsFor(ABSENT).at(-1)).toEqual(set);
  expect(stepsFor({ state: 'foreign', cause: 'name-taken', reason: 'not ours' })).toEqual([]);
  const done = { ...grounds, slices: { memoryMin: 4000 } };
  const steps = decideAccount(SIRIUS, aRunningSliver(), done).steps.map(({ step }) => step.step);
  expect(steps).not.toContain('set-slices');
});

test('kept files are to be looked at again when their time is over', () => {
  const account = { ...kept, since: epochSeconds(NOW - 10) };
  const { steps, purgeAt } = decideAccount(SIRIUS, account, theGrounds());
  expect(steps).toEqual([]);
  expect(purgeAt).toBe(NOW - 10 + accounts.keep_files_seconds);
});

test('a removal that no document permits is withheld, and waits for one', () => {
  expect(decideAccount(SIRIUS, aRunningSliver(), theGrounds())).toEqual({
    steps: [],
    unmet: {
      outcome: 'withheld',
      action: 'remove',
      reason: expect.stringMatching(/^it has no record any more, but no document of source plc/),
    },
    waitsFor: 'no-document',
  });
});

test('a second account of a name is withheld, and the one that there is is kept in line', () => {
  const both = new Map([keyed(aSliver()), keyed(aDelegate(SIRIUS))]);
  const { steps, unmet } = decideAccount(
    SIRIUS,
    aRunningSliver({ keys: undefined }),
    theGrounds(both),
  );
  expect(steps).not.toEqual([]);
  expect(unmet).toEqual({
    outcome: 'withheld',
    action: 'create',
    reason: 'the name belongs to a sliver',
  });
});

import { epochSeconds, NO_LOCAL_FACTS, recordKeyOf } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { ABSENT, type ObservedAccount } from '../observed/observed-account.ts';
import { slot } from '../slots/account-ids.ts';
import {
  acceptedIn,
  aDelegate,
  aRunningSliver,
  aSliver,
  BOOT,
  IMAGE,
  itemsOf,
  keyed,
  SIRIUS,
  theRemoval,
} from '../test-support/builders.test-support.ts';
import { claimsOf, judgeAccount } from './desired-account.ts';

const KEY = recordKeyOf('sliver', SIRIUS);
const RUNNING = aRunningSliver();
const DELEGATE: ObservedAccount = { state: 'delegate', slot: slot(0), user: 'whole', login: true };
const EXPIRED = aRunningSliver({
  state: 'stopped',
  files: { where: 'kept', since: epochSeconds(1001), image: IMAGE },
  loginNote: { cause: 'expired', since: epochSeconds(1000), line: 'expired' },
});
const EARLIER = acceptedIn('boot-0', 'plc', 'config');
const verdictOn = (observed: ObservedAccount, items: ReturnType<typeof itemsOf>) =>
  judgeAccount(SIRIUS, observed, items, BOOT);

test('a sliver exists if PLC has instantiated it, or CreateSliver was called', () => {
  const item = aSliver(SIRIUS, { record: { plc_instantiated: false } });
  expect(verdictOn(ABSENT, itemsOf([keyed(aSliver())])).verdict).toBe('exists');
  expect(verdictOn(ABSENT, itemsOf([keyed(item)])).verdict).toBe('goes');
  const created = { ...item, local: { ...NO_LOCAL_FACTS, created: true } };
  expect(verdictOn(ABSENT, itemsOf([keyed(created)])).verdict).toBe('exists');
});

test('a sliver runs if it is enabled and was not stopped; it is logged in to if it is enabled', () => {
  const disabled = aSliver(SIRIUS, { effective: { nm_enabled: 0 } });
  const stopped = aSliver(SIRIUS, { local: { ...NO_LOCAL_FACTS, stopped: true } });
  expect(verdictOn(RUNNING, itemsOf([keyed(disabled)]))).toMatchObject({
    desired: { run: false, login: false },
  });
  expect(verdictOn(RUNNING, itemsOf([keyed(stopped)]))).toMatchObject({
    desired: { run: false, login: true },
  });
});

test('a start script whose lines end in CRLF, as older records hold it, is installed with LF', () => {
  const item = aSliver(SIRIUS, { record: { initscript: '#!/bin/sh\r\n\r\necho a\rb\r\n' } });
  expect(verdictOn(RUNNING, itemsOf([keyed(item)]))).toMatchObject({
    desired: { initscript: { text: '#!/bin/sh\n\necho a\rb\n' } },
  });
});

test('an expiry permits a removal by itself, and is dated', () => {
  expect(verdictOn(RUNNING, itemsOf([[KEY, theRemoval('expired')]], EARLIER))).toMatchObject({
    verdict: 'goes',
    expirySeenAt: 2000,
  });
  expect(verdictOn(RUNNING, itemsOf([[KEY, theRemoval('document')]]))).not.toHaveProperty(
    'expirySeenAt',
    expect.anything(),
  );
});

test('an expired sliver goes without further permission, for its expiry, also when nobody else remembers that, and holds no name', () => {
  const goes = {
    verdict: 'goes',
    reason: { why: 'its record has expired', by: { kind: 'clock' } },
  };
  expect(verdictOn(EXPIRED, itemsOf([[KEY, theRemoval('expired')]], EARLIER))).toEqual({
    ...goes,
    expirySeenAt: 2000,
  });
  expect(verdictOn(EXPIRED, itemsOf([], EARLIER))).toEqual({ ...goes, expirySeenAt: 1000 });
  const loginNote = { cause: 'expired', since: undefined, line: 'expired' } as const;
  expect(verdictOn({ ...EXPIRED, loginNote }, itemsOf([], EARLIER))).toEqual({
    ...goes,
    expirySeenAt: 1001,
  });
  expect(verdictOn(EXPIRED, itemsOf([keyed(aDelegate(SIRIUS))]))).toMatchObject({
    desired: { type: 'delegate' },
  });
});

test('an expired sliver that has a record again, or was left out of a document since, goes for that', () => {
  const renewed = aSliver(SIRIUS, { record: { plc_instantiated: false } });
  expect(verdictOn(EXPIRED, itemsOf([keyed(renewed)]))).toEqual({
    verdict: 'goes',
    reason: {
      why: 'its slice is renewed, and has no sliver before CreateSliver is called',
      by: { kind: 'plc' },
    },
  });
  expect(verdictOn(EXPIRED, itemsOf([[KEY, theRemoval('document')]]))).toMatchObject({
    reason: { why: 'its record was left out of the document' },
  });
});

test('DeleteSliver permits a removal by itself', () => {
  const deleted = aSliver(SIRIUS, { record: { plc_instantiated: false } });
  expect(verdictOn(RUNNING, itemsOf([keyed(deleted)], EARLIER)).verdict).toBe('goes');
});

test('a removal by document waits until a document of PLC is accepted in this boot', () => {
  const removal = [KEY, theRemoval('document')] as const;
  expect(verdictOn(RUNNING, itemsOf([removal], EARLIER))).toMatchObject({
    verdict: 'withheld',
    reason: expect.stringContaining('source plc'),
  });
  expect(verdictOn(RUNNING, itemsOf([removal], acceptedIn(BOOT, 'config'))).verdict).toBe(
    'withheld',
  );
  expect(verdictOn(RUNNING, itemsOf([removal])).verdict).toBe('goes');
});

test('an account that nobody has ever heard of follows the same rule', () => {
  expect(verdictOn(RUNNING, itemsOf([], EARLIER)).verdict).toBe('withheld');
  expect(verdictOn(RUNNING, itemsOf([])).verdict).toBe('goes');
});

test("a delegate is the node's own: its configuration permits the removal too", () => {
  expect(verdictOn(DELEGATE, itemsOf([], acceptedIn(BOOT, 'config'))).verdict).toBe('goes');
  expect(verdictOn(DELEGATE, itemsOf([], EARLIER)).verdict).toBe('withheld');
});

test('a kept sliver without a record needs no further permission', () => {
  const kept: ObservedAccount = {
    state: 'kept',
    slot: slot(0),
    since: epochSeconds(1),
    image: IMAGE,
  };
  expect(verdictOn(kept, itemsOf([], EARLIER)).verdict).toBe('goes');
});

test('of two accounts with one name the one that is there stays, and the other is reported', () => {
  const both = itemsOf([keyed(aSliver()), keyed(aDelegate(SIRIUS))]);
  expect(verdictOn(RUNNING, both)).toMatchObject({ desired: { type: 'sliver' } });
  expect(verdictOn(ABSENT, both)).toMatchObject({
    desired: { type: 'delegate' },
    shadowed: 'the name belongs to a delegate',
  });
});

test('resources out of range are brought into it, not refused', () => {
  const effective = { nm_disk_quota: 0, nm_mem_max: -1, nm_tasks_max: 2 ** 40 };
  expect(verdictOn(ABSENT, itemsOf([keyed(aSliver(SIRIUS, { effective }))]))).toMatchObject({
    desired: { limits: { diskQuota: 1, memoryMax: 0, tasksMax: 4_194_304 } },
  });
});

test('a limit that nothing could start under is the least that a sliver starts under', () => {
  const effective = { nm_mem_max: 1, nm_tasks_max: 1 };
  expect(verdictOn(ABSENT, itemsOf([keyed(aSliver(SIRIUS, { effective }))]))).toMatchObject({
    desired: { limits: { memoryMax: 8192, tasksMax: 16 } },
  });
});

test('memory beyond what a machine can have is no limit, and is read back as none', () => {
  const memoryFor = (nm_mem_max: number) =>
    verdictOn(ABSENT, itemsOf([keyed(aSliver(SIRIUS, { effective: { nm_mem_max } }))]));
  expect(memoryFor(Number.MAX_SAFE_INTEGER)).toMatchObject({
    desired: { limits: { memoryMax: 0 } },
  });
  expect(memoryFor(2 ** 42)).toMatchObject({ desired: { limits: { memoryMax: 2 ** 42 } } });
});

test('only slivers that should run have a claim on the CPU', () => {
  expect(claimsOf(aSliver())).toMatchObject({ nm_cpu_share: 32, nm_cpu_guaranteed_share: 0 });
  expect(claimsOf(aDelegate(SIRIUS))).toBeUndefined();
  expect(claimsOf(aSliver(SIRIUS, { effective: { nm_enabled: 0 } }))).toBeUndefined();
});

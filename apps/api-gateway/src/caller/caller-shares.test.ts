import { accountName, hostUid } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { type Caller, describeCaller } from './caller.ts';
import { partyOf, sharesOf } from './caller-shares.ts';

const SLIVER = { kind: 'sliver', name: accountName('a_one') } as const;
const user = (uid: number): Caller => ({ kind: 'nobody', uid: hostUid(uid), why: 'for this test' });
const UNNAMED: Caller = { kind: 'nobody', why: 'for this test' };
const COMMON = 'all that are nobody';

test('an account is one, whatever user ids it calls by, and so is root', () => {
  for (const uid of [30_000, 1_879_048_192]) {
    expect(sharesOf({ ...SLIVER, uid: hostUid(uid) })).toEqual(['sliver a_one']);
  }
  expect(sharesOf({ kind: 'root', uid: hostUid(990) })).toEqual(['root']);
});

test('ordinary users are told apart in the share that they have together', () => {
  expect(sharesOf(user(1000))).toEqual([COMMON, 'uid 1000']);
  expect(sharesOf(user(65_535))).toEqual([COMMON, 'uid 65535']);
});

test('whom the kernel does not name have one place together', () => {
  expect(sharesOf(UNNAMED)).toEqual([COMMON, 'nobody']);
});

test('high user ids are told apart in the share of their block', () => {
  expect(sharesOf(user(65_536))).toEqual([COMMON, 'uids 65536 to 131071', 'uid 65536']);
  expect(sharesOf(user(4_294_967_294))).toEqual([
    COMMON,
    'uids 4294901760 to 4294967295',
    'uid 4294967294',
  ]);
});

test('all 65536 ids of a user’s range are two parties', () => {
  const ids = Array.from({ length: 65_536 }, (_, at) => 100_000 + at);
  expect(new Set(ids.map((uid) => partyOf(sharesOf(user(uid)))))).toHaveLength(2);
});

test('who counts as one has one name, which no account can have and which fits in a request', () => {
  const longest = {
    ...SLIVER,
    kind: 'delegate',
    name: accountName(`a_${'b'.repeat(30)}`),
  } as const;
  const names = [
    describeCaller({ kind: 'root', uid: hostUid(0) }),
    describeCaller({ ...longest, uid: hostUid(1000) }),
    describeCaller(user(4_294_967_294)),
    describeCaller(UNNAMED),
  ];
  expect(names).toEqual(['root', `delegate ${longest.name}`, 'uid 4294967294', 'nobody']);
  for (const name of names) expect(name.length).toBeLessThanOrEqual(64);
  expect(() => accountName('uid 1000')).toThrow();
});

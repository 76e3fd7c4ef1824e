import { expect, test } from 'vitest';
import { slot } from '../../slots/account-ids.ts';
import { POLICY } from '../../test-support/builders.test-support.ts';
import type { ServiceUser } from './name-services.ts';
import { type AccountTexts, UnixAccounts } from './unix-accounts.ts';

const RANGE = 'a_one:1879048192:65536\n';
const TEXTS: AccountTexts = {
  passwd: 'root:x:0:0:root:/root:/bin/bash\na_one:x:30000:990::/:/sliver-shell\n',
  shadow: 'root:*:1:0:99999:7:::\na_one:!:20000:0:99999:7::1:\n',
  subuid: RANGE,
  subgid: RANGE,
};
const accountsOf = (changes: Partial<AccountTexts>) => new UnixAccounts({ ...TEXTS, ...changes });
const idsOfOthers = (changes: Partial<AccountTexts>, known: readonly ServiceUser[] = []) =>
  new UnixAccounts({ ...TEXTS, ...changes }, known).idsOfOthers(
    (place) => (place === 0 ? 'a_one' : undefined),
    POLICY,
  );
const slotsOfOthers = (changes: Partial<AccountTexts>) => {
  const { uids, ranges } = idsOfOthers(changes);
  return [...new Set([...uids, ...ranges])];
};

test('a user is known by name, with its shell and whether it expires', () => {
  const { users } = accountsOf({});
  const ours = { uid: 30_000, shell: '/sliver-shell', expires: true, inShadow: true };
  expect(users.get('a_one')).toEqual(ours);
  expect(users.get('root')?.expires).toBe(false);
  expect(accountsOf({ shadow: 'a_one:!:20000:0:99999:7:::\n' }).users.get('a_one')?.expires).toBe(
    false,
  );
});

test('who is in passwd and not in shadow is told, unless the machine has no such file', () => {
  const inShadow = (shadow: string) => accountsOf({ shadow }).users.get('a_one')?.inShadow;
  expect(inShadow('root:*:1:0:99999:7:::\n')).toBe(false);
  expect(inShadow('')).toBe(true);
});

test('what is left of a user that is gone from passwd is seen in each of the other files', () => {
  const gone = { passwd: '', shadow: '', subuid: '', subgid: '' };
  const { shadow, subuid, subgid } = TEXTS;
  for (const left of [{ shadow }, { subuid }, { subgid }]) {
    expect(accountsOf({ ...gone, ...left }).hasRemains('a_one')).toBe(true);
  }
  expect(accountsOf(gone).hasRemains('a_one')).toBe(false);
  expect(accountsOf({}).hasRemains('a_one')).toBe(false);
});

test('another user with the same id is found, and ids of another slot', () => {
  const bob = `${TEXTS.passwd}bob:x:30000:30000::/:/bin/sh\n`;
  expect(accountsOf({ passwd: bob }).otherWith(30_000, 'a_one')).toBe('bob');
  expect(accountsOf({}).otherWith(30_000, 'a_one')).toBeUndefined();
  expect(accountsOf({}).hasRangeBeside('a_one', slot(0), POLICY)).toBe(false);
  expect(accountsOf({}).hasRangeBeside('a_one', slot(1), POLICY)).toBe(true);
  // Too low to be of any slot: somebody may have given it for reasons of his own.
  const low = accountsOf({ subuid: `${RANGE}a_one:100000:65536\n` });
  expect(low.hasRangeBeside('a_one', slot(0), POLICY)).toBe(false);
});

test('whoever else has any of the ids of a range is found, with where that is registered', () => {
  const first = 1_879_048_192;
  const holderOf = (changes: Partial<AccountTexts>) =>
    accountsOf(changes).otherWithRange(first, 'a_one');
  expect(holderOf({})).toBeUndefined();
  expect(holderOf({ subuid: `lxd:${first + 65_535}:1\n` })).toBe('lxd (/etc/subuid line 1)');
  expect(holderOf({ subgid: `${RANGE}lxd:1000000:1000000000\nbob:${first - 9}:10\n` })).toBe(
    'bob (/etc/subgid line 3)',
  );
  const beside = `bob:${first - 10}:10\nlxd:${first + 65_536}:65536\neve:${first}:0\nx:y:z\n`;
  expect(holderOf({ subuid: beside })).toBeUndefined();
});

test('a line of ours counts for the slot that it holds, and takes any other', () => {
  expect(slotsOfOthers({ subuid: `${RANGE}a_one:1879113728:65536\n` })).toEqual([1]);
});

test('a range counts when it is registered for user and group ids alike', () => {
  expect(accountsOf({}).hasRange('a_one', 1_879_048_192)).toBe(true);
  expect(accountsOf({ subgid: '' }).hasRange('a_one', 1_879_048_192)).toBe(false);
  expect(accountsOf({}).hasRange('a_one', 1_879_113_728)).toBe(false);
});

test('ids that others use are slots that nobody else gets', () => {
  expect(slotsOfOthers({})).toEqual([]);
  expect(slotsOfOthers({ passwd: 'eve:x:30003:30003::/:/bin/sh\n' })).toEqual([3]);
  expect(slotsOfOthers({ subgid: 'eve:1879048200:1\neve:100000:65536\n' })).toEqual([0]);
  expect(slotsOfOthers({ subuid: `${RANGE}eve:1879113728:131072\n` })).toEqual([1, 2]);
});

test('lines that are something else are passed over', () => {
  expect(slotsOfOthers({ passwd: '\n# comment\n+::::::\n', subuid: 'x\n::\n' })).toEqual([]);
});

test('what only a name service knows is found by name and id, unless passwd has the one or the other', () => {
  const known = [
    { name: 'ldap_one', uid: 30_002 },
    { name: 'a_one', uid: 4_000 },
    { name: 'alias', uid: 30_000 },
  ];
  const accounts = new UnixAccounts(TEXTS, known);
  expect(accounts.strangerNamed('ldap_one')).toEqual({ name: 'ldap_one', uid: 30_002 });
  expect(accounts.otherWith(30_002, 'a_two')).toBe('ldap_one (a name service)');
  expect(accounts.strangerNamed('a_one')).toBeUndefined();
  expect(accounts.otherWith(30_000, 'a_one')).toBeUndefined();
  expect(idsOfOthers({}, known).uids).toEqual(new Set([2]));
});

test('the line of a file that gives away our ranges is named, with empty lines counted', () => {
  const { takers } = idsOfOthers({ subuid: `${RANGE}\nlxd:1000000:3000000000\n` });
  expect(takers).toEqual(['/etc/subuid line 3, lxd:1000000:3000000000, takes 8']);
});

import { expect, test } from 'vitest';
import { POLICY } from '../builders.test-support.ts';
import { type AccountTexts, UnixAccounts } from './unix-accounts.ts';

const RANGE = 'a_one:1879048192:65536\n';
const TEXTS: AccountTexts = {
  passwd: 'root:x:0:0:root:/root:/bin/bash\na_one:x:30000:990::/:/sliver-shell\n',
  shadow: 'root:*:1:0:99999:7:::\na_one:!:20000:0:99999:7::1:\n',
  subuid: RANGE,
  subgid: RANGE,
};
const accountsOf = (changes: Partial<AccountTexts>) => new UnixAccounts({ ...TEXTS, ...changes });
const slotsOfOthers = (changes: Partial<AccountTexts>) => [
  ...accountsOf(changes).slotsOfOthers((name) => name === 'a_one', POLICY),
];

test('a user is known by name, with its shell and whether it expires', () => {
  const { users } = accountsOf({});
  expect(users.get('a_one')).toEqual({ uid: 30_000, shell: '/sliver-shell', expires: true });
  expect(users.get('root')?.expires).toBe(false);
  expect(accountsOf({ shadow: 'a_one:!:20000:0:99999:7:::\n' }).users.get('a_one')?.expires).toBe(
    false,
  );
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

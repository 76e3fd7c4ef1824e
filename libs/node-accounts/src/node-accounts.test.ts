import { hostUid } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeAccountsFrom } from './node-accounts.ts';

const SHELLS = { sliver: '/bin/sliver-shell', delegate: '/bin/forward_api_calls' };
const BASE = 1_879_048_192;

const user = (name: string, uid: number | string, shell = SHELLS.sliver): string =>
  `${name}:x:${uid}:${uid}::/home/${name}:${shell}`;
const range = (name: string, first: number, count = 65_536): string => `${name}:${first}:${count}`;
const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;
const ROOT = 'root:x:0:0:root:/root:/bin/bash';

function whoIs(uid: number, passwd: readonly string[], subuid: readonly string[] = []) {
  return nodeAccountsFrom(lines(ROOT, ...passwd), lines(...subuid), SHELLS).whoIs(hostUid(uid));
}

test('an account is known by its own user id, and its kind by its login shell', () => {
  const passwd = [user('a_one', 30_000), user('del_snoop', 30_001, SHELLS.delegate)];
  expect(whoIs(30_000, passwd)).toEqual({ kind: 'sliver', name: 'a_one' });
  expect(whoIs(30_001, passwd)).toEqual({ kind: 'delegate', name: 'del_snoop' });
});

test('an account with another shell is not ours, whatever its name and range', () => {
  const passwd = [user('a_one', 30_000, '/bin/bash')];
  expect(whoIs(30_000, passwd)).toBeUndefined();
  expect(whoIs(BASE, passwd, [range('a_one', BASE)])).toBeUndefined();
});

test("every user id of a sliver's range is the sliver, and none beside it", () => {
  const passwd = [user('a_one', 30_000), user('b_two', 30_001)];
  const subuid = [range('b_two', BASE + 131_072), range('a_one', BASE)];
  expect(whoIs(BASE, passwd, subuid)?.name).toBe('a_one');
  expect(whoIs(BASE + 65_535, passwd, subuid)?.name).toBe('a_one');
  expect(whoIs(BASE + 65_536, passwd, subuid)).toBeUndefined();
  expect(whoIs(BASE - 1, passwd, subuid)).toBeUndefined();
  expect(whoIs(BASE + 131_072, passwd, subuid)?.name).toBe('b_two');
});

test('ranges of other sizes, of delegates and of the node itself do not count', () => {
  const passwd = [user('a_one', 30_000), user('del_snoop', 30_001, SHELLS.delegate)];
  expect(whoIs(BASE, passwd, [range('a_one', BASE, 1000)])).toBeUndefined();
  expect(whoIs(BASE, passwd, [range('del_snoop', BASE)])).toBeUndefined();
  expect(whoIs(0, passwd, [range('a_one', 0)])).toBeUndefined();
  expect(whoIs(BASE, passwd, [range('a_one', 100_000, 1000), range('a_one', BASE)])?.name).toBe(
    'a_one',
  );
});

test('a user id, a name or an id that two claim is nobody', () => {
  expect(whoIs(30_000, [user('a_one', 30_000), user('b_two', 30_000)])).toBeUndefined();
  expect(whoIs(30_000, [user('a_one', 30_000), user('a_one', 30_001)])).toBeUndefined();
  const passwd = [user('a_one', 30_000), user('b_two', 30_001)];
  const overlapping = [range('a_one', BASE), range('b_two', BASE + 65_535)];
  expect(whoIs(BASE, passwd, overlapping)).toBeUndefined();
  expect(whoIs(BASE + 131_070, passwd, overlapping)).toBeUndefined();
});

test('user id 0 is never a tenant', () => {
  expect(nodeAccountsFrom(user('a_one', 0), '', SHELLS).whoIs(hostUid(0))).toBeUndefined();
});

test('lines that are no entries are passed over', () => {
  const passwd = [
    '',
    '# comment',
    'a_one:x:1',
    user('a_one', '-5'),
    user('../etc', 7),
    user('b_two', 8),
  ];
  const subuid = [
    '',
    'b_two',
    'b_two:x:65536',
    `b_two:${BASE}:65536:more`,
    '+::',
    range('b_two', BASE),
  ];
  expect(whoIs(8, passwd)).toEqual({ kind: 'sliver', name: 'b_two' });
  expect(whoIs(7, passwd)).toBeUndefined();
  expect(whoIs(BASE, passwd, subuid)?.name).toBe('b_two');
});

test('the ranges can be had by name', () => {
  const accounts = nodeAccountsFrom(user('a_one', 30_000), range('a_one', BASE), SHELLS);
  expect([...accounts.ranges]).toEqual([['a_one', { first: BASE, count: 65_536 }]]);
});

test('a look-up finds what going through every range finds', () => {
  const slots = fc.uniqueArray(fc.nat(200), { maxLength: 50 });
  fc.assert(
    fc.property(slots, fc.nat(220 * 65_536), (taken, offset) => {
      const names = taken.map((slot) => `s_${slot}`);
      const passwd = names.map((name, index) => user(name, 30_000 + index)).join('\n');
      const subuid = taken.map((slot) => range(`s_${slot}`, BASE + slot * 65_536)).join('\n');
      const slot = Math.floor(offset / 65_536);
      const owner = nodeAccountsFrom(passwd, subuid, SHELLS).whoIs(hostUid(BASE + offset));
      expect(owner?.name).toBe(taken.includes(slot) ? `s_${slot}` : undefined);
    }),
  );
});

test('no text makes it fail', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), (passwd, subuid, uid) => {
      nodeAccountsFrom(passwd, subuid, SHELLS).whoIs(hostUid(uid));
    }),
  );
});

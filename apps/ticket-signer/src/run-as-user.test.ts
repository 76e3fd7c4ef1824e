import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { findAccount } from './run-as-user.ts';

test('a user is found by name and by number, with its own group', () => {
  const { username, uid, gid } = userInfo();
  expect(findAccount(username)).toEqual({ name: username, uid, gid });
  expect(findAccount(String(uid))).toMatchObject({ uid, gid });
});

test('a user that there is not is named, and is never taken for an option', () => {
  expect(() => findAccount('no-such-user')).toThrow(
    /^cannot look as the user no-such-user: .*no such user$/,
  );
  expect(() => findAccount('--real')).toThrow(/^cannot look as the user --real: /);
});

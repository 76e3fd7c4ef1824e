import { Socket } from 'node:net';
import { accountName, hostUid } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { withShares } from '../caller/caller-shares.ts';
import { CrumbBans } from './crumb-bans.ts';

const ROOT = withShares({ kind: 'root', uid: hostUid(0) });
const sliver = (name: string) =>
  withShares({ kind: 'sliver', uid: hostUid(30_000), name: accountName(name) });
const user = (uid: number) =>
  withShares({ kind: 'nobody', uid: hostUid(uid), why: 'for this test' });

test('an account loses all its connections and is kept away for a second; another loses none', () => {
  let now = 5;
  const bans = new CrumbBans(() => now);
  const [one, two, other] = [new Socket(), new Socket(), new Socket()];
  bans.watch(sliver('a_one'), one);
  bans.watch(sliver('a_one'), two);
  bans.watch(sliver('a_two'), other);
  bans.ban(sliver('a_one'));
  expect([one, two, other].map(({ destroyed }) => destroyed)).toEqual([true, true, false]);
  expect([bans.isBanned(sliver('a_one')), bans.isBanned(sliver('a_two'))]).toEqual([true, false]);
  now += 1000;
  expect(bans.isBanned(sliver('a_one'))).toBe(false);
});

test('an ordinary user is kept away by its uid, and by all of a block that may be its own', () => {
  const bans = new CrumbBans(() => 5);
  bans.ban(user(1000));
  bans.ban(user(100_000));
  const away = [1000, 1001, 100_000, 131_071, 131_072].map((uid) => bans.isBanned(user(uid)));
  expect(away).toEqual([true, false, true, true, false]);
});

test('root is never kept away', () => {
  const bans = new CrumbBans(() => 5);
  const socket = new Socket();
  bans.watch(ROOT, socket);
  bans.ban(ROOT);
  expect([bans.isBanned(ROOT), socket.destroyed]).toEqual([false, false]);
});

import { Socket } from 'node:net';
import { userInfo } from 'node:os';
import { FailureBoard } from '@nodemgr/daemon';
import { expect, test } from 'vitest';
import { openOwnConnection } from './own-connection.ts';
import { KERNEL, type OwnerQuestions, TcpOwners } from './tcp-owners.ts';

/** Owners asked of a kernel that differs from this one by what is given. */
function watched(given: Partial<OwnerQuestions> = {}) {
  const failures = new FailureBoard();
  const logged: string[] = [];
  const note = (_: object, text: string) => logged.push(text);
  const questions = { ...KERNEL, ...given };
  const owners = new TcpOwners({ questions, failures, log: { info: note, error: note } });
  return { owners, failures, logged };
}

const ALL_NOBODY = 'callers over TCP are all nobody; the others are known';
const caller = new Socket();

test('the kernel names the owner of a connection of our own', async () => {
  const own = await openOwnConnection();
  expect(KERNEL.peerOwnerOf(own.accepted)).toBe(userInfo().uid);
  own.close();
});

test('where the kernel answers there is nothing to tell', async () => {
  const { owners, failures, logged } = watched();
  await owners.check();
  expect([failures.list(), logged]).toEqual([[], []]);
});

test('a kernel that names nobody is told once, as a failure and in the log', async () => {
  const { owners, failures, logged } = watched({ peerOwnerOf: () => undefined });
  await owners.check();
  for (let times = 0; times < 20; times += 1) expect(owners.ownerOf(caller)).toBeUndefined();
  expect(failures.list()).toMatchObject([
    {
      subject: 'callers over TCP',
      action: 'identify',
      reason: expect.stringContaining('tcp_diag'),
    },
  ]);
  expect(logged).toEqual([ALL_NOBODY]);
});

test('a kernel that may not be asked is told with its reason, and check does not reject', async () => {
  const refused = () => {
    throw new Error('EAFNOSUPPORT: look for the owner of a TCP socket');
  };
  const { owners, failures, logged } = watched({ peerOwnerOf: refused });
  await owners.check();
  expect(() => owners.ownerOf(caller)).toThrow('EAFNOSUPPORT');
  expect(failures.list()[0]?.reason).toContain('EAFNOSUPPORT');
  expect(logged).toEqual([ALL_NOBODY]);
});

const noConnection = () => Promise.reject(new Error('EAFNOSUPPORT: socket'));

test('without a connection of our own the first callers show it: ten without a name are too many', async () => {
  let uid: number | undefined;
  const given = { openOwnConnection: noConnection, peerOwnerOf: () => uid };
  const { owners, failures, logged } = watched(given);
  await owners.check();
  for (let times = 0; times < 9; times += 1) owners.ownerOf(caller);
  expect(failures.list()).toEqual([]);
  owners.ownerOf(caller);
  expect(failures.list()[0]?.reason).toContain('none of the first 10 callers');
  uid = 1000;
  owners.ownerOf(caller);
  expect(failures.list()).toEqual([]);
  expect(logged.slice(1)).toEqual([ALL_NOBODY, 'callers over TCP are known again']);
});

test('once one caller has been named, those without a name have only gone', async () => {
  let uid: number | undefined = 1000;
  const { owners, failures } = watched({ peerOwnerOf: () => uid });
  owners.ownerOf(caller);
  uid = undefined;
  for (let times = 0; times < 50; times += 1) owners.ownerOf(caller);
  expect(failures.list()).toEqual([]);
});

test('where even the question is forbidden, that is known at the start', async () => {
  const mayAsk = () => {
    throw new Error('EAFNOSUPPORT: netlink');
  };
  const { owners, failures } = watched({ openOwnConnection: noConnection, mayAsk });
  await owners.check();
  expect(failures.list()[0]?.reason).toContain('netlink');
});

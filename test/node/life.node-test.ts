/** What begins and ends a sliver, each seen on the machine: and when it has ended, nothing is left over. */
import { supervisorOperatorContract } from '@nodemgr/contracts';
import { beforeAll, expect, test } from 'vitest';
import { leftovers, pidsOf, runningSlivers, slotOf } from './machine/look-at-slivers.ts';
import { keepFilesFor } from './machine/prepare-node.ts';
import { documentFor, publishTestbed, theTestbed } from './the-node.ts';

const SLIVER = 'lab_s08';
const REMOVED = 'lab_s09';
const TICKETED = 'lab_ticketed';
const EXPIRING = 'lab_expiring';
/** Its lines end in CRLF, as people upload them. */
const SCRIPT =
  '#!/bin/sh&#13;\necho "$*" &gt;&gt; /root/starts&#13;\nsetsid sleep 31337 &amp;&#13;\n';
const scripted = { [SLIVER]: { rspec: { initscript: SCRIPT } } };
const node = theTestbed(scripted);

const running = async (name: string) => (await runningSlivers(node.machine)).includes(name);
const now = () => Math.floor(Date.now() / 1000);

beforeAll(async () => {
  await node.inWell(SLIVER, 'echo kept > /root/kept');
  // Other tests may have left it running without a script: only what was started is called to stop.
  await node.api.call('Start', SLIVER);
  await node.converged();
});

test('Stop kills all its processes, refuses logins in one line, and is remembered across a restart', async () => {
  expect(await node.api.call('Stop', SLIVER)).toBe(1);
  await node.converged();
  expect(await running(SLIVER)).toBe(false);
  await node.machine.root(['systemctl', 'restart', 'nodemgr.target']);
  await node.converged();
  expect(await running(SLIVER)).toBe(false);
  const login = await node.in(SLIVER, 'true');
  expect(login).toMatchObject({ code: 126, stdout: '' });
  expect(login.stderr).toMatch(/^sliver-shell: [^\n]+\n$/);
});

test('its script is called with start, restart and stop and its name; Start on a running sliver does not restart it', async () => {
  await node.inWell('lab_s07', 'true');
  expect(await node.api.call('Start', SLIVER)).toBe(1);
  await node.converged();
  const calls = (last: number) => () => node.inWell(SLIVER, `tail -${last} /root/starts`);
  await expect.poll(calls(2), { timeout: 60_000 }).toBe(`stop ${SLIVER}\nstart ${SLIVER}`);
  const [first] = (await pidsOf(node.machine, [SLIVER]))[SLIVER] ?? [];
  expect(await node.api.call('Start', SLIVER)).toBe(1);
  await node.converged();
  await expect.poll(calls(1), { timeout: 60_000 }).toBe(`restart ${SLIVER}`);
  expect((await pidsOf(node.machine, [SLIVER]))[SLIVER]?.[0]).toBe(first);
  expect(await node.inWell(SLIVER, 'cat /root/kept')).toBe('kept');
});

test('nm_enabled 0 stops a sliver and refuses its logins; 1 brings it back as it was', async () => {
  await publishTestbed(node, { [SLIVER]: { rspec: { initscript: SCRIPT, nm_enabled: 0 } } });
  expect(await running(SLIVER)).toBe(false);
  expect((await node.in(SLIVER, 'true')).code).not.toBe(0);
  await publishTestbed(node, scripted);
  expect(await running(SLIVER)).toBe(true);
  expect(await node.inWell(SLIVER, 'cat /root/kept')).toBe('kept');
});

test('a slice that has left the document and comes back in time finds its files', async () => {
  await node.inWell(REMOVED, 'echo mine > /root/mine');
  await publishTestbed(node, { ...scripted, [REMOVED]: 'absent' });
  expect(await running(REMOVED)).toBe(false);
  expect(await node.machine.ssh(['getent', 'passwd', REMOVED])).toMatchObject({ code: 2 });
  await publishTestbed(node, scripted);
  expect(await node.inWell(REMOVED, 'cat /root/mine')).toBe('mine');
});

test('an expired sliver says so to whoever logs in while its files are kept, and comes back with them', async () => {
  const { machine, keys } = node;
  const until = (expiry: number) =>
    node.publish(documentFor(node, { ...scripted, [EXPIRING]: { expiry, users: [1] } }));
  await until(now() + 86_400);
  await node.converged();
  await node.inWell(EXPIRING, 'echo mine > /root/mine');
  await until(now() + 15);
  const expired = {
    code: 126,
    stdout: '',
    stderr: expect.stringMatching(
      new RegExp(
        `^sliver-shell: ${EXPIRING} had expired by \\S+Z; its files are kept until \\S+Z, and it comes back with them if its slice is renewed by then\\n$`,
      ),
    ),
  };
  await expect
    .poll(() => node.in(EXPIRING, 'true'), { timeout: 150_000, interval: 3000 })
    .toMatchObject(expired);
  const subordinateIds = ['grep', `^${EXPIRING}:`, '/etc/subuid', '/etc/subgid'];
  await expect
    .poll(() => machine.ssh(subordinateIds), { timeout: 60_000, interval: 1000 })
    .toMatchObject({ code: 1 });
  expect(await machine.sshAs(EXPIRING, keys.tenant, ['start'])).toMatchObject(expired);
  expect(await machine.sshAs(EXPIRING, keys.stranger, ['true'])).toMatchObject({ code: 255 });
  await until(now() + 86_400);
  await node.converged();
  expect(await node.inWell(EXPIRING, 'cat /root/mine')).toBe('mine');
});

test('nothing is left over of a slice that has left the document, once its files are not kept any more', async () => {
  const slot = await slotOf(node.machine, REMOVED);
  await keepFilesFor(node.machine, 0);
  await publishTestbed(node, { ...scripted, [REMOVED]: 'absent' });
  await expect
    .poll(() => leftovers(node.machine, REMOVED, slot), { timeout: 90_000, interval: 2000 })
    .toEqual({});
});

test('a tenant who is logged in is logged out when the sliver goes, and keeps nothing of it', async () => {
  await publishTestbed(node, scripted);
  await node.stayIn(REMOVED);
  const session = node.in(REMOVED, 'sleep 100000');
  await expect
    .poll(async () => (await pidsOf(node.machine, [REMOVED]))[REMOVED]?.length, { timeout: 60_000 })
    .toBeGreaterThan(1);
  const slot = await slotOf(node.machine, REMOVED);
  await publishTestbed(node, { ...scripted, [REMOVED]: 'absent' });
  expect((await session).code).not.toBe(0);
  await expect
    .poll(() => leftovers(node.machine, REMOVED, slot), { timeout: 90_000, interval: 2000 })
    .toEqual({});
});

test('nothing is left over of a slice that has expired', async () => {
  const until = (expiry: number) =>
    node.publish(documentFor(node, { [EXPIRING]: { expiry, users: [1] } }));
  await until(now() + 86_400);
  await node.converged();
  expect(await running(EXPIRING)).toBe(true);
  const slot = await slotOf(node.machine, EXPIRING);
  // The clock is the machine's own: one that jumps would end nothing.
  const expiry = now() + 15;
  await until(expiry);
  await expect
    .poll(() => leftovers(node.machine, EXPIRING, slot), { timeout: 150_000, interval: 3000 })
    .toEqual({});
  expect(now()).toBeGreaterThanOrEqual(expiry);
});

test('CreateSliver makes a sliver that PLC has not instantiated, and DeleteSliver leaves nothing of it', async () => {
  await node.deliverTicket({ name: TICKETED });
  await node.converged();
  expect(await running(TICKETED)).toBe(false);
  expect(await node.api.call('CreateSliver', TICKETED)).toBe(1);
  await node.converged();
  expect(await running(TICKETED)).toBe(true);
  const slot = await slotOf(node.machine, TICKETED);
  expect(await node.api.call('DeleteSliver', TICKETED)).toBe(1);
  await expect
    .poll(() => leftovers(node.machine, TICKETED, slot), { timeout: 90_000, interval: 2000 })
    .toEqual({});
});

test('of a sliver that PLC has instantiated, CreateSliver and DeleteSliver change nothing', async () => {
  const before = await pidsOf(node.machine, [SLIVER]);
  expect(await node.api.call('DeleteSliver', SLIVER)).toBe(1);
  expect(await node.api.call('CreateSliver', SLIVER)).toBe(1);
  await node.converged();
  expect(await pidsOf(node.machine, [SLIVER])).toEqual(before);
});

test('an account that is merely similar is not touched, and the reason is shown', async () => {
  const { machine } = node;
  await machine.root(['useradd', '--create-home', '--shell', '/bin/sh', 'lab_person']);
  const before = await machine.root(['getent', 'passwd', 'lab_person']);
  await node.publish(documentFor(node, { lab_person: { users: [1] } }));
  const failing = async () =>
    (await node.ask('account-supervisor', supervisorOperatorContract, 'status', {})).failures;
  await expect
    .poll(failing, { timeout: 90_000, interval: 1000 })
    .toContainEqual(expect.objectContaining({ subject: 'lab_person' }));
  expect((await node.nmctl('status')).stdout).toMatch(/lab_person.*not ours/);
  expect(await machine.root(['getent', 'passwd', 'lab_person'])).toBe(before);
  await publishTestbed(node);
  expect(await machine.root(['getent', 'passwd', 'lab_person'])).toBe(before);
  await machine.root(['userdel', '--remove', 'lab_person']);
});

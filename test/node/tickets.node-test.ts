/** Slivers that PLC has signed for and not instantiated, as the kernel and their users see them. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nowSeconds } from '../support/ticket-authority.ts';
import { callAsDelegate, putClientInto, runClientInside, UNIX } from './machine/call-the-api.ts';
import {
  groupValue,
  leftovers,
  pidsOf,
  runningSlivers,
  slotOf,
} from './machine/look-at-slivers.ts';
import { keepFilesFor } from './machine/prepare-node.ts';
import { DELEGATE } from './machine/render-config.ts';
import { documentFor, theTestbed } from './the-node.ts';

const NAME = 'lab_signed';
const BRIEF = 'lab_brief';
/** KiB, of the first ticket, of the second, and of PLC's document. */
const MEMORY = { first: 65_536, renewed: 98_304, document: 131_072 } as const;
const node = theTestbed();

const plc = (verb: 'start' | 'stop') => node.machine.root(['systemctl', verb, 'demo-plc.service']);
const isRunning = async (name: string) => (await runningSlivers(node.machine)).includes(name);
const memoryMax = (name: string) => groupValue(node.machine, name, 'memory.max');

/** terms are what the tickets of NAME have in common. */
const terms = (kib: number) => ({
  name: NAME,
  ssh_keys: readFileSync(`${node.keys.tenant}.pub`, 'utf8').trim(),
  rspec: { nm_mem_max: kib },
  delegations: [
    [DELEGATE, 'CreateSliver'],
    [DELEGATE, 'Start'],
  ] as const,
});

/** The first process of NAME: another one after each restart. */
async function firstProcess(): Promise<number | undefined> {
  return (await pidsOf(node.machine, [NAME]))[NAME]?.[0];
}

beforeAll(async () => {
  await keepFilesFor(node.machine, 0);
  await plc('stop');
});

afterAll(() => plc('start'));

test('with PLC away, a delegate whom the ticket names creates the sliver, and its users log in with the ticket’s keys', async () => {
  await node.deliverTicket(terms(MEMORY.first));
  await node.converged();
  expect(await isRunning(NAME)).toBe(false);
  expect(await callAsDelegate(node, 'Stop', NAME)).toMatchObject({ kind: 'fault', code: 108 });
  expect(await callAsDelegate(node, 'CreateSliver', NAME)).toMatchObject({ value: 1 });
  await node.converged();
  expect(await node.inWell(NAME, 'echo kept > /root/kept; id -u')).toBe('0');
  expect(await memoryMax(NAME)).toBe(String(MEMORY.first * 1024));
});

test('the sliver’s own users stop it from inside; the delegate starts it', async () => {
  await putClientInto(node, NAME);
  // Its answer may be gone with the sliver.
  await runClientInside(node, { sliver: NAME, how: UNIX }, ['Stop', NAME]);
  await expect.poll(() => isRunning(NAME), { timeout: 60_000 }).toBe(false);
  expect(await callAsDelegate(node, 'Start', NAME)).toMatchObject({ value: 1 });
  await node.converged();
  expect(await node.inWell(NAME, 'cat /root/kept')).toBe('kept');
});

test('a renewed ticket changes its limits and its end without a restart', async () => {
  const before = await firstProcess();
  const expiry = nowSeconds() + 2 * 86_400;
  await node.deliverTicket({ ...terms(MEMORY.renewed), expiry });
  await node.converged();
  expect(await memoryMax(NAME)).toBe(String(MEMORY.renewed * 1024));
  const { stdout } = await node.nmctl('--json', 'sliver', NAME);
  expect(JSON.parse(stdout)).toHaveProperty('item.record.expiry', expiry);
  expect(await firstProcess()).toBe(before);
});

test('nothing is left over of a ticket’s sliver whose time is over', async () => {
  await node.deliverTicket({ name: BRIEF });
  await node.api.call('CreateSliver', BRIEF);
  await node.converged();
  expect(await isRunning(BRIEF)).toBe(true);
  const slot = await slotOf(node.machine, BRIEF);
  const expiry = nowSeconds() + 15;
  await node.deliverTicket({ name: BRIEF, expiry });
  await expect
    .poll(() => leftovers(node.machine, BRIEF, slot), { timeout: 150_000, interval: 3000 })
    .toEqual({});
  expect(nowSeconds()).toBeGreaterThanOrEqual(expiry);
});

test('PLC’s document takes it over without a restart, and with its files', async () => {
  const before = await firstProcess();
  await plc('start');
  const rspec = { nm_mem_max: MEMORY.document };
  await node.publish(documentFor(node, { [NAME]: { users: [1], rspec } }));
  await expect
    .poll(() => memoryMax(NAME), { timeout: 60_000 })
    .toBe(String(MEMORY.document * 1024));
  await node.converged();
  expect(await firstProcess()).toBe(before);
  expect(await node.api.call('DeleteSliver', NAME)).toBe(1);
  await node.converged();
  expect(await node.inWell(NAME, 'cat /root/kept')).toBe('kept');
});

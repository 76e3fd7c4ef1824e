/** What happened to a sliver, why, and by whom: kept through crashes. */
import { NODE_SUBJECT, type NodeEvent } from '@nodemgr/contracts';
import { expect, test } from 'vitest';
import { groupValue, quotaOf } from './machine/look-at-slivers.ts';
import { SLIVERS } from './machine/testbed.ts';
import { documentFor, publishTestbed, theTestbed } from './the-node.ts';

const SLIVER = 'lab_s10';
const BORROWER = 'lab_s11';
const node = theTestbed();

/** Resolves with the newest event of a kind, once there is one. */
async function newest(name: string, what: NodeEvent['what']): Promise<NodeEvent> {
  const all = async () => (await node.history(name)).filter((event) => event.what === what);
  await expect.poll(all, { timeout: 60_000, interval: 1000 }).not.toEqual([]);
  const [event] = (await all()).slice(-1);
  if (event === undefined) throw new Error(`no ${what} of ${name}`);
  return event;
}

test('a sliver’s history begins with PLC’s document and what was done about it', async () => {
  expect((await newest(SLIVER, 'record-created')).by.kind).toBe('plc');
  expect((await newest(SLIVER, 'account-made')).by.kind).toBe('plc');
  expect((await newest(SLIVER, 'sliver-started')).by.kind).toBe('plc');
});

test('a changed document, a call and a loan are told with who wanted them', async () => {
  await publishTestbed(node, { [SLIVER]: { rspec: { nm_cpu_share: 77 } } });
  const change = await newest(SLIVER, 'record-changed');
  expect([change.by.kind, change.why]).toEqual(['plc', expect.stringContaining('nm_cpu_share')]);
  await node.api.call('SetLoans', SLIVER, [[BORROWER, 'nm_cpu_share', 7]]);
  expect((await newest(SLIVER, 'loans-set')).by.kind).toBe('api-caller');
  await node.api.call('Stop', SLIVER);
  expect((await newest(SLIVER, 'stopped')).by.kind).toBe('api-caller');
  await node.api.call('Start', SLIVER);
  await node.converged();
});

test('a sliver whose first process is killed is told to have died, and comes back', async () => {
  const { machine } = node;
  await machine.root([
    'systemctl',
    'kill',
    '--kill-whom=all',
    '--signal=KILL',
    `nodemgr-sliver@${SLIVER}.service`,
  ]);
  await newest(SLIVER, 'sliver-died');
  await expect
    .poll(() => node.in(SLIVER, 'true'), { timeout: 60_000, interval: 2000 })
    .toMatchObject({ code: 0 });
});

test('what the guard held back, and who let it through, are in the history of the node', async () => {
  const absent = Object.fromEntries(SLIVERS.map((name) => [name, 'absent'] as const));
  await node.publish(documentFor(node, absent));
  expect((await newest(NODE_SUBJECT, 'update-held')).by.kind).toBe('guard');
  await publishTestbed(node);
  const { guard } = await node.database();
  expect(guard).toEqual([]);
});

test('the history outlives the daemons that keep it, killed at any moment', async () => {
  const before = await node.history(SLIVER);
  const units = ['nodemgr-db-service.service', 'nodemgr-account-supervisor.service'];
  await node.machine.root(['systemctl', 'kill', '--signal=KILL', ...units]);
  await node.converged();
  const after = await node.history(SLIVER);
  expect(after.slice(0, before.length)).toEqual(before);
});

test('nmctl events tells it to people', async () => {
  const { code, stdout } = await node.nmctl('events', SLIVER);
  expect(code).toBe(0);
  for (const word of [/plc/, /api/i, /nm_cpu_share/, /died/]) expect(stdout).toMatch(word);
});

test('nmctl explain tells why a sliver may use what it may, and what the kernel enforces beside it', async () => {
  await node.api.call('SetLoans', SLIVER, [[BORROWER, 'nm_cpu_share', 7]]);
  await node.converged();
  const { stdout } = await node.nmctl('explain', BORROWER);
  expect(stdout).toMatch(new RegExp(`${SLIVER}`));
  expect(stdout).toContain(await groupValue(node.machine, BORROWER, 'cpu.weight'));
  expect(stdout.replaceAll(',', '')).toContain(
    String((await quotaOf(node.machine, BORROWER)).limit),
  );
  await node.api.call('SetLoans', SLIVER, []);
});

/** A member's broken key on a real machine: nothing that runs in any sliver notices, and no key but his changes. */
import { expect, test } from 'vitest';
import { SLIVERS, STRANGERS } from './machine/testbed.ts';
import { documentFor, theTestbed } from './the-node.ts';

const node = theTestbed();
const BROKEN = '<key person_id="1" type="ssh" value="ssh-rsa A u@h"/>';
/** A key that is good, and not yet the tenant's. */
const MORE =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB more@host';
const GOOD = `<key person_id="1" type="ssh" value="${MORE}"/>`;

const withKeys = (...keys: readonly string[]) => documentFor(node, {}, ...keys);

/** What tells one life of a sliver from another: its unit's invocation, and the first process of it. */
async function lives(): Promise<string> {
  const units = SLIVERS.map((name) => `nodemgr-sliver@${name}.service`);
  const shown = ['systemctl', 'show', '--property', 'Id,InvocationID,MainPID,NRestarts', ...units];
  return node.machine.root(shown);
}

async function keysOf(name: string): Promise<readonly string[]> {
  const text = await node.machine.read(`/var/lib/nodemgr/keys/${name}`);
  return text.split('\n').filter((line) => line !== '');
}

const status = () => node.machine.ssh(['nmctl', 'status']);

test('a member’s broken key restarts no sliver and takes nobody’s keys, and the good one beside it counts', async () => {
  const before = { lives: await lives(), keys: await keysOf('lab_s01') };
  await node.publish(withKeys(BROKEN, GOOD));
  await node.converged();
  await expect.poll(() => keysOf('lab_s01'), { timeout: 60_000 }).toHaveLength(2);
  expect(await keysOf('lab_s01')).toEqual([...before.keys, MORE].sort());
  expect(await keysOf(STRANGERS)).toHaveLength(1);
  expect(await lives()).toBe(before.lives);
  expect(await node.inWell('lab_s01', 'echo in')).toBe('in');
  const shown = await status();
  expect(shown).toMatchObject({ code: 1, stdout: expect.stringMatching(/person "?1"?/) });

  await node.publish(documentFor(node));
  await node.converged();
  await expect.poll(() => keysOf('lab_s01'), { timeout: 60_000 }).toEqual(before.keys);
  expect(await lives()).toBe(before.lives);
  await expect.poll(async () => (await status()).code, { timeout: 60_000 }).toBe(0);
});

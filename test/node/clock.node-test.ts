/** A clock that nobody has set since the boot purges no kept files, whatever their stamps and it say. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './machine/eventually.ts';
import { keepFilesFor } from './machine/prepare-node.ts';
import { CONFIG_FILE } from './machine/render-config.ts';
import { publishTestbed, theTestbed } from './the-node.ts';

const SLIVER = 'lab_clock';
const KEPT = '/var/lib/nodemgr/kept';
const ALL_MS = 600_000;
const node = theTestbed();

beforeAll(() => keepFilesFor(node.machine, 86_400));

/** Has the node believe only a clock that something keeps in time; nothing does on this machine. */
async function requireSync(required: boolean): Promise<void> {
  const { machine } = node;
  const config = await machine.read(CONFIG_FILE);
  const line = /require_sync = (true|false)/;
  expect(config).toMatch(line);
  await machine.write(CONFIG_FILE, config.replace(line, `require_sync = ${required}`));
  const units = ['nodemgr-db-service.service', 'nodemgr-account-supervisor.service'];
  await machine.root(['systemctl', 'restart', ...units]);
  await node.converged({ timeoutMs: ALL_MS });
}

const kept = async (): Promise<readonly string[]> =>
  (await node.machine.root(['ls', KEPT]))
    .split('\n')
    .filter((folder) => folder.startsWith(`${SLIVER}@`));

async function stampFiles(stamp: number): Promise<void> {
  const [folder = ''] = await kept();
  await node.machine.root(['mv', '-T', `${KEPT}/${folder}`, `${KEPT}/${SLIVER}@${stamp}`]);
}

const now = () => Math.floor(Date.now() / 1000);

afterAll(async () => {
  await requireSync(false);
  await publishTestbed(node);
}, ALL_MS);

test(
  'files of a removal under a clock that was never synchronised are not dated, and come back',
  async () => {
    await requireSync(true);
    await publishTestbed(node, { [SLIVER]: {} });
    await node.inWell(SLIVER, 'echo mine > /root/mine');
    await publishTestbed(node, { [SLIVER]: 'absent' });
    await eventually(async () => expect(await kept()).toEqual([`${SLIVER}@0`]));
    await publishTestbed(node, { [SLIVER]: {} });
    expect(await node.inWell(SLIVER, 'cat /root/mine')).toBe('mine');
  },
  2 * ALL_MS,
);

test(
  'files of two days ago stay until the clock is believed, and those of the future count as of now',
  async () => {
    await publishTestbed(node, { [SLIVER]: 'absent' });
    await eventually(async () => expect(await kept()).toHaveLength(1));
    const old = now() - 2 * 86_400;
    await stampFiles(old);
    await requireSync(true);
    expect(await kept()).toEqual([`${SLIVER}@${old}`]);
    const ahead = now() + 3 * 365 * 86_400;
    await stampFiles(ahead);
    const before = now();
    await requireSync(false);
    const stamps = async () => (await kept()).map((folder) => Number(folder.split('@')[1]));
    await eventually(async () => expect((await stamps())[0]).toBeLessThan(ahead));
    expect((await stamps())[0]).toBeGreaterThanOrEqual(before - 60);
    await stampFiles(old);
    await node.machine.root(['systemctl', 'restart', 'nodemgr-account-supervisor.service']);
    await eventually(async () => expect(await kept()).toEqual([]));
  },
  2 * ALL_MS,
);

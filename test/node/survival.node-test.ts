/** Whatever happens to our processes and our package, no sliver notices. */
import { DAEMONS, type DaemonName, OPERATOR_CONTRACTS } from '@nodemgr/contracts';
import { beforeAll, expect, inject, test } from 'vitest';
import { eventually } from './machine/eventually.ts';
import { pidsOf } from './machine/look-at-slivers.ts';
import { installPackage } from './machine/prepare-node.ts';
import { repacked } from './machine/repack.ts';
import { SLIVERS } from './machine/testbed.ts';
import { theTestbed } from './the-node.ts';

const node = theTestbed();

/** A process of the tenant's in each sliver, by its login shell: eighteen logins over ssh would take minutes. */
beforeAll(async () => {
  await node.machine.shell(`
    for sliver in ${SLIVERS.join(' ')}; do
      setpriv --reuid "$sliver" --regid "$(id -g "$sliver")" --init-groups /usr/lib/nodemgr/sliver-shell \
        -c 'setsid sleep 1000000 </dev/null >/dev/null 2>&1 &'
    done`);
});

const unitOf = (daemon: DaemonName) => `nodemgr-${daemon}.service`;
const pidOf = async (daemon: DaemonName) =>
  Number(
    await node.machine.root(['systemctl', 'show', '--value', '-P', 'MainPID', unitOf(daemon)]),
  );

/** answersAgain waits until a daemon answers under another process id than before. */
async function answersAgain(daemon: DaemonName, before: number): Promise<void> {
  await eventually(async () => {
    const { pid } = await node.ask(daemon, OPERATOR_CONTRACTS[daemon], 'status', {});
    if (pid === before) throw new Error(`${daemon} is still the process ${pid}`);
  });
}

test.each([...DAEMONS])(
  '%s killed with SIGKILL comes back, and the processes in all slivers are the same',
  async (daemon) => {
    const inside = await pidsOf(node.machine, SLIVERS);
    const before = await pidOf(daemon);
    await node.machine.root(['systemctl', 'kill', '--signal=KILL', unitOf(daemon)]);
    await answersAgain(daemon, before);
    await node.converged();
    expect(await pidsOf(node.machine, SLIVERS)).toEqual(inside);
  },
);

test('systemctl restart nodemgr.target restarts the five, and the processes in all slivers are the same', async () => {
  const inside = await pidsOf(node.machine, SLIVERS);
  const before = await Promise.all(DAEMONS.map(pidOf));
  await node.machine.root(['systemctl', 'restart', 'nodemgr.target'], { deadlineMs: 300_000 });
  for (const [place, daemon] of DAEMONS.entries()) await answersAgain(daemon, before[place] ?? 0);
  await node.converged();
  expect(await pidsOf(node.machine, SLIVERS)).toEqual(inside);
});

test('an upgrade of the package restarts the daemons, and the processes in all slivers are the same', async () => {
  const inside = await pidsOf(node.machine, SLIVERS);
  const before = await Promise.all(DAEMONS.map(pidOf));
  const config = await node.machine.read('/etc/nodemgr/nodemgr.toml');
  const next = await repacked(inject('machine').deb, '+upgrade', node.place.folder);
  await installPackage(node.machine, next);
  const status = await node.machine.root(['dpkg', '--status', 'nodemgr']);
  expect(status).toMatch(/^Status: install ok installed$/m);
  expect(status).toMatch(/^Version: .*\+upgrade$/m);
  for (const [place, daemon] of DAEMONS.entries()) await answersAgain(daemon, before[place] ?? 0);
  await node.converged();
  expect(await pidsOf(node.machine, SLIVERS)).toEqual(inside);
  expect(await node.machine.read('/etc/nodemgr/nodemgr.toml')).toBe(config);
});

/** One name, made and unmade over and over: nothing sticks, and nothing is left over. */
import { expect, inject, test } from 'vitest';
import { leftovers, runningSlivers, slotOf } from './machine/look-at-slivers.ts';
import { keepFilesFor } from './machine/prepare-node.ts';
import { theTestbed } from './the-node.ts';

const NAME = 'lab_cycled';
const CYCLES = inject('machine').long ? 1000 : 100;
/** Of one cycle, on a machine that others slow down. */
const CYCLE_MS = 60_000;
const node = theTestbed();

/** Asking costs the node what it would need for the answer. */
const calmly = { intervalMs: 300 };

async function cycle(): Promise<void> {
  for (const method of ['CreateSliver', 'Start', 'Stop', 'DeleteSliver']) {
    await node.api.call(method, NAME);
    await node.converged(calmly);
  }
}

/** What a node has more of when something is left over: counted, whatever its name. */
async function counts(): Promise<string> {
  return node.machine.shell(`
    echo mounts $(wc -l < /proc/1/mountinfo)
    echo units $(systemctl list-units --all --plain --no-legend --type=service,scope,slice,mount | grep -vc 'session\\|user')
    echo groups $(find /sys/fs/cgroup/nodemgr.slice -type d | wc -l)
    echo users $(wc -l < /etc/passwd) $(wc -l < /etc/group) $(wc -l < /etc/subuid) $(wc -l < /etc/subgid)
    echo state $(ls /var/lib/nodemgr/accounts /var/lib/nodemgr/keys /var/lib/nodemgr/slivers /var/lib/nodemgr/kept | wc -l)
    echo drop-ins $(ls /etc/systemd/system.control | wc -l)`);
}

test(
  `${CYCLES} cycles of create, start, stop, delete: no ‘already exists’, and nothing is left over`,
  async () => {
    await keepFilesFor(node.machine, 0);
    await node.deliverTicket({ name: NAME });
    await node.api.call('CreateSliver', NAME);
    await node.converged();
    const slot = await slotOf(node.machine, NAME);
    await node.api.call('DeleteSliver', NAME);
    await node.converged();
    const before = await counts();

    const start = performance.now();
    for (let done = 0; done < CYCLES; done += 1) await cycle();
    const seconds = (performance.now() - start) / 1000;
    console.log(`${CYCLES} cycles in ${seconds.toFixed(0)} s`);

    expect(await runningSlivers(node.machine)).not.toContain(NAME);
    await expect
      .poll(() => leftovers(node.machine, NAME, slot), { timeout: 60_000, interval: 2000 })
      .toEqual({});
    await expect.poll(counts, { timeout: 60_000, interval: 2000 }).toBe(before);
    const log = await node.machine.journal('nodemgr-account-supervisor.service');
    expect(log).not.toMatch(/already exists|resource busy/i);
  },
  CYCLES * CYCLE_MS,
);

/** The same names, made and unmade over and over: nothing sticks, and nothing is left over. */
import { expect, inject, test } from 'vitest';
import { leftovers, runningSlivers, slotOf } from './machine/look-at-slivers.ts';
import { keepFilesFor } from './machine/prepare-node.ts';
import { theTestbed } from './the-node.ts';

/** Side by side, as many as account-supervisor works on at once: they meet wherever slivers can. */
const NAMES = ['lab_cycled1', 'lab_cycled2', 'lab_cycled3', 'lab_cycled4'];
const ROUNDS = inject('machine').long ? 250 : 6;
const CYCLES = ROUNDS * NAMES.length;
/** Of one round, on a machine that others slow down. */
const ROUND_MS = 180_000;
const node = theTestbed();

/** Asking costs the node what it would need for the answer. */
const calmly = { intervalMs: 300 };

/** everyOne calls a method for each of the names, and waits until all of them are so. */
async function everyOne(method: string): Promise<void> {
  for (const name of NAMES) await node.api.call(method, name);
  await node.converged(calmly);
}

async function round(): Promise<void> {
  for (const method of ['CreateSliver', 'Start', 'Stop', 'DeleteSliver']) await everyOne(method);
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
    for (const name of NAMES) await node.deliverTicket({ name });
    await everyOne('CreateSliver');
    const slots = await Promise.all(NAMES.map((name) => slotOf(node.machine, name)));
    await everyOne('DeleteSliver');
    const before = await counts();

    const start = performance.now();
    for (let done = 0; done < ROUNDS; done += 1) await round();
    const seconds = (performance.now() - start) / 1000;
    console.log(`${CYCLES} cycles in ${seconds.toFixed(0)} s`);

    const running = await runningSlivers(node.machine);
    expect(running.filter((name) => NAMES.includes(name))).toEqual([]);
    for (const [place, name] of NAMES.entries()) {
      await expect
        .poll(() => leftovers(node.machine, name, slots[place] ?? 0), {
          timeout: 60_000,
          interval: 2000,
        })
        .toEqual({});
    }
    await expect.poll(counts, { timeout: 60_000, interval: 2000 }).toBe(before);
    const log = await node.machine.journal('nodemgr-account-supervisor.service');
    expect(log).not.toMatch(/already exists|resource busy/i);
  },
  ROUNDS * ROUND_MS,
);

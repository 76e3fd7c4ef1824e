/** Who had the machine's processors meanwhile, by the kernel's account of each control group. */
import type { NodeMachine } from '../machine/node-machine.ts';

const ROOT = '/sys/fs/cgroup';
/** Units, and what a whole slice of tenants used. */
const FILES = ['', '/*.scope', '/system.slice/*', '/nodemgr.slice/*', '/user.slice']
  .map((group) => `${ROOT}${group}/cpu.stat`)
  .join(' ');
const SHOWN = 8;

type Seconds = ReadonlyMap<string, number>;

async function usage(machine: NodeMachine): Promise<Seconds> {
  const text = await machine.shell(`grep --with-filename ^usage_usec ${FILES} || true`);
  return new Map(
    text.split('\n').map((line) => {
      const [, group = '', micros = '0'] = /^(\S+)\/cpu\.stat:usage_usec (\d+)/.exec(line) ?? [];
      return [group.slice(ROOT.length + 1), Number(micros) / 1e6];
    }),
  );
}

/** mostUsed tells the differences of two accounts, the largest first, and what is nobody's of those. Pure. */
export function mostUsed(before: Seconds, after: Seconds): string {
  const used = [...after]
    .map(([group, seconds]) => [group, seconds - (before.get(group) ?? 0)] as const)
    .filter(([group]) => group !== '');
  const all = (after.get('') ?? 0) - (before.get('') ?? 0);
  const others = all - used.reduce((sum, [, seconds]) => sum + seconds, 0);
  const sorted = used.toSorted(([, one], [, other]) => other - one).slice(0, SHOWN);
  const told = [...sorted, ['nobody of these', others] as const];
  return told.map(([group, seconds]) => `${group} ${seconds.toFixed(1)}`).join(', ');
}

/** cpuDuring does `work`, and returns the seconds of CPU that each control group used meanwhile, as text. */
export async function cpuDuring(machine: NodeMachine, work: () => Promise<void>): Promise<string> {
  const before = await usage(machine);
  await work();
  return mostUsed(before, await usage(machine));
}

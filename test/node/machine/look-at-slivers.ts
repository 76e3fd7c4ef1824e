/** Looks at slivers from outside, on the machine: what the kernel, systemd and the account files have of them. */
import type { NodeMachine } from './node-machine.ts';

/** The control group of all slivers. */
export const SLIVERS_GROUP = '/sys/fs/cgroup/nodemgr.slice/nodemgr-slivers.slice';
const STATE = '/var/lib/nodemgr';

export const unitOf = (sliver: string): string => `nodemgr-sliver@${sliver}.service`;
export const groupOf = (sliver: string): string => `${SLIVERS_GROUP}/${unitOf(sliver)}`;

/** runningSlivers returns the names of the slivers whose unit is up. */
export async function runningSlivers(machine: NodeMachine): Promise<readonly string[]> {
  const units = await machine.root([
    'systemctl',
    'list-units',
    '--state=active',
    '--plain',
    '--no-legend',
    unitOf('*'),
  ]);
  return [...units.matchAll(/^nodemgr-sliver@(\S+)\.service\s/gm)]
    .map(([, name = '']) => name)
    .sort();
}

/** pidsOf returns the processes inside some slivers, by their numbers on the machine. */
export async function pidsOf(
  machine: NodeMachine,
  slivers: readonly string[],
): Promise<Readonly<Record<string, readonly number[]>>> {
  const files = slivers.map((name) => `${groupOf(name)}/payload/cgroup.procs`);
  const text = await machine.root(['grep', '--with-filename', '', ...files]);
  const found = slivers.map((name) => {
    const file = `/${unitOf(name)}/payload/cgroup.procs:`.replaceAll('.', '\\.');
    const of = new RegExp(`${file}(\\d+)$`, 'gm');
    return [
      name,
      [...text.matchAll(of)].map(([, pid]) => Number(pid)).sort((a, b) => a - b),
    ] as const;
  });
  return Object.fromEntries(found);
}

/** groupValue returns what a file of the sliver's control group says. */
export function groupValue(machine: NodeMachine, sliver: string, file: string): Promise<string> {
  return machine.read(`${groupOf(sliver)}/${file}`);
}

/** cpuTimes returns the CPU time that slivers, and all of them together, have had (microseconds). */
export async function cpuTimes(
  machine: NodeMachine,
  slivers: readonly string[],
): Promise<{ readonly of: Readonly<Record<string, number>>; readonly all: number }> {
  const groups = [SLIVERS_GROUP, ...slivers.map(groupOf)];
  const text = await machine.root([
    'grep',
    '-h',
    '^usage_usec',
    ...groups.map((at) => `${at}/cpu.stat`),
  ]);
  const [all = 0, ...each] = text.split('\n').map((line) => Number(line.split(' ')[1]));
  return { of: Object.fromEntries(slivers.map((name, place) => [name, each[place] ?? 0])), all };
}

/** slotOf returns the place that our record gives an account; everything else follows from it. */
export async function slotOf(machine: NodeMachine, name: string): Promise<number> {
  const record: unknown = JSON.parse(await machine.read(`${STATE}/accounts/${name}.json`));
  if (typeof record === 'object' && record !== null && 'slot' in record) return Number(record.slot);
  throw new Error(`${STATE}/accounts/${name}.json has no slot`);
}

/** As accounts.first_uid and accounts.first_range_id have it: see apps/account-supervisor. */
export const uidOf = (slot: number): number => 30_000 + slot;
export const baseOf = (slot: number): number => 1_879_048_192 + slot * 65_536;

/** quotaOf returns the use and the limit of a sliver's disk quota (KiB). */
export async function quotaOf(
  machine: NodeMachine,
  sliver: string,
): Promise<{ readonly used: number; readonly limit: number }> {
  const project = uidOf(await slotOf(machine, sliver));
  const report = await machine.root(['repquota', '--project', '--no-names', '--raw-grace', STATE]);
  const line = report.split('\n').find((text) => text.startsWith(`#${project} `)) ?? '';
  const [, , used, , limit] = line.split(/\s+/);
  return { used: Number(used ?? Number.NaN), limit: Number(limit ?? Number.NaN) };
}

/** Every place where something of an account could be left: a command, and what is no trace of one. */
function traces(name: string, slot: number): Readonly<Record<string, readonly string[]>> {
  const [uid, base] = [uidOf(slot), baseOf(slot)];
  const ids = `$1 == ${uid} || ($1 >= ${base} && $1 < ${base + 65_536})`;
  return {
    'user, group or id range': [
      'grep',
      '-H',
      `^${name.replaceAll('.', '\\.')}:`,
      '/etc/passwd',
      '/etc/shadow',
      '/etc/group',
      '/etc/gshadow',
      '/etc/subuid',
      '/etc/subgid',
    ],
    processes: ['sh', '-c', `ps -eo uid=,pid=,args= | awk '${ids}'`],
    'control group': ['find', '/sys/fs/cgroup', '-name', `*${name}*`],
    mounts: ['sh', '-c', `grep -l '/${name}[/ ]' /proc/[0-9]*/mountinfo 2>/dev/null`],
    unit: ['systemctl', 'list-units', '--all', '--plain', '--no-legend', `*${name}*`],
    'settings of its unit': [
      'find',
      '/etc/systemd',
      '/run/systemd',
      '-name',
      `*${name}*`,
      '-not',
      '-path',
      '*/propagate/*',
    ],
    // But for its history, which is kept for a month.
    'state folder': [
      'sh',
      '-c',
      `find ${STATE} -mindepth 2 -maxdepth 2 -name '${name}*' -not -path '*/history/*'`,
    ],
    quota: ['sh', '-c', `repquota --project --no-names ${STATE} | grep '^#${uid} '`],
  };
}

/** leftovers returns what there still is of an account on the machine; nothing is an empty object. */
export async function leftovers(
  machine: NodeMachine,
  name: string,
  slot: number,
): Promise<Readonly<Record<string, string>>> {
  const found: [string, string][] = [];
  for (const [place, command] of Object.entries(traces(name, slot))) {
    const { stdout } = await machine.ssh(command);
    if (stdout.trim() !== '') found.push([place, stdout.trim()]);
  }
  return Object.fromEntries(found);
}

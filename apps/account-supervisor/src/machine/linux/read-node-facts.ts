/** Reads what limits have to know of the node: its processors, its memory, and what its disk can do. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Config } from '@nodemgr/config';
import { GROUPS } from '../../execute/layout.ts';
import type { NodeFacts } from '../../limits/limit.ts';
import { type DiskSpeed, diskPart, parseDiskSpeed } from './disk-speed.ts';

const DEVICES = '/sys/dev/block';

/** textOf returns what a small file says, without the line's end; undefined: there is no such file. */
export function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** As makedev(3) of the GNU library has it. */
const deviceText = (dev: number): string => {
  const [low, high] = [dev % 2 ** 32, Math.floor(dev / 2 ** 32)];
  const major = ((low >>> 8) & 0xfff) + (high & ~0xfff);
  const minor = (low & 0xff) + ((low >>> 12) & 0xfff00);
  return `${major}:${minor}`;
};

/** deviceName returns the kernel's name of the device that holds `folder`: `vdb1`; of one without a name, its numbers. */
export function deviceName(folder: string): string {
  const device = deviceText(statSync(folder).dev);
  const link = join(DEVICES, device);
  return textOf(join(link, 'dev')) === undefined ? device : basename(realpathSync(link));
}

/** The disk that a device is, or is a part of; undefined: it is none. */
function diskOf(device: string): string | undefined {
  const link = join(DEVICES, device);
  if (textOf(join(link, 'dev')) === undefined) return undefined;
  const folder = realpathSync(link);
  return textOf(join(folder, 'partition')) === undefined ? folder : dirname(folder);
}

/** Why weights count for nothing on the disk that holds `stateDir`; undefined: they count. */
function whyNoWeights(stateDir: string): string | undefined {
  const disk = diskOf(deviceText(statSync(stateDir).dev));
  if (disk === undefined) return `${stateDir} is on no disk that the kernel schedules`;
  const scheduler = /\[(.+)\]/.exec(textOf(join(disk, 'queue/scheduler')) ?? '')?.[1] ?? 'none';
  return scheduler === 'bfq'
    ? undefined
    : `the disk ${basename(disk)} has the scheduler ${scheduler}, and weights need bfq`;
}

const controllers = (): readonly string[] =>
  textOf(join(GROUPS, 'cgroup.controllers'))?.split(' ') ?? [];

/** Why no sliver can have processors of its own; undefined: it can. */
function whyNoSets(): string | undefined {
  return controllers().includes('cpuset') ? undefined : 'the kernel runs without cpuset';
}

/** What is noted of the disk that holds `stateDir`; undefined: nothing, or nobody can be bounded there. */
function speedOf(stateDir: string): DiskSpeed | undefined {
  if (!controllers().includes('io')) return undefined;
  return parseDiskSpeed(textOf(join(stateDir, 'disk-speed')), statSync(stateDir).dev);
}

/** readNodeFacts looks at the node. What it finds holds until account-supervisor starts again. */
export function readNodeFacts({ node, accounts }: Config): NodeFacts {
  const stateDir = node.state_dir;
  const [sets, weights] = [whyNoSets(), whyNoWeights(stateDir)];
  return {
    cpus: cpus().length,
    memory: Math.floor(totalmem() / 1024),
    stateDir,
    disk: diskPart(speedOf(stateDir), accounts.disk_write_part),
    lacks: {
      ...(sets === undefined ? {} : { 'processor sets': sets }),
      ...(weights === undefined ? {} : { 'disk weights': weights }),
    },
  };
}

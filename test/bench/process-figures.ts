/** What the kernel says of a running process: memory and CPU time (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** Memory that a process has in RAM, in KiB. */
export interface Resident {
  /** VmRSS: with the pages of files, most of which all processes of one program share. */
  readonly all: number;
  /** RssAnon: its alone. */
  readonly own: number;
}

/** residentKiB returns what a process has in RAM. */
export function residentKiB(pid: number): Resident {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN);
  return { all: field('VmRSS'), own: field('RssAnon') };
}

/** cpuMs returns the CPU time that all threads of a process have used so far, in milliseconds. */
export function cpuMs(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
    nanoseconds += Number(text.split(' ')[0]);
  }
  return nanoseconds / 1e6;
}

/**
 * Tells whether the kernel had the processor when it wanted it. The threads that send packets on when
 * there are many (ksoftirqd) wait for their turn like any program, and /proc says how long (schedstat).
 */
import { readdirSync, readFileSync } from 'node:fs';

const THREAD = /^ksoftirqd\//;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended meanwhile: it is none of the kernel's threads.
    return '';
  }
}

/** kernelThreads returns the process ids of the kernel's threads that send packets on. */
export function kernelThreads(): readonly string[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.filter((id) => THREAD.test(read(`/proc/${id}/comm`)));
}

/** How long those threads have waited for a processor since they began, and how often they had one. */
export interface Waits {
  readonly seconds: number;
  readonly turns: number;
}

/** waitsOf adds up the waits of `threads`. */
export function waitsOf(threads: readonly string[]): Waits {
  const fields = threads.map((id) => read(`/proc/${id}/schedstat`).split(' ').map(Number));
  const sum = (column: number) => fields.reduce((total, one) => total + (one[column] ?? 0), 0);
  return { seconds: sum(1) / 1e9, turns: sum(2) };
}

/**
 * What the counters of a sliver's control group mean (cgroup-v2.rst): which of the things that the kernel
 * did to its processes were its own limits' doing. Pure.
 */

/** Something that may come often: how often since the last time. */
export interface CountedNotice {
  /** Killed because nm_mem_max was reached; killed though it was not, memory being short elsewhere; a fork refused. */
  readonly notice: 'own-oom' | 'foreign-oom' | 'tasks-limit';
  readonly times: number;
}

/** What the kernel tells of a sliver. */
export type KernelNotice = { readonly notice: 'ended' } | CountedNotice;

/** What is counted of a group, from its beginning. */
export interface Counts {
  /** Processes in it that any OOM killer has killed: by this group's limit, or one above or below it. */
  readonly killed: number;
  /** Times that its own memory.max left nothing to do but to kill. */
  readonly outOfMemory: number;
  /** Forks refused. */
  readonly refused: number;
}

/** The texts of the files that count. */
export interface CounterTexts {
  readonly 'memory.events': string;
  /** The limit is the group's own; the processes, and so the kills, are in a group below it. */
  readonly 'memory.events.local': string;
  /** pids.events.local; on a kernel without it, pids.events. */
  readonly pids: string;
}

/** What was known at the last look. */
export interface Seen extends Counts {
  /** When `outOfMemory` was last seen to rise (milliseconds). */
  readonly outOfMemoryAt: number;
}

/**
 * The kernel counts a group out of memory before it kills, and reports what it kills on the console in
 * between, which can be a slow one. Milliseconds.
 */
const KILLS_WITHIN_MS = 5000;

/** countIn returns the number of the line of `text` that begins with `key`; undefined where there is none. */
export function countIn(text: string, key: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${key} `));
  return line === undefined ? undefined : Number(line.slice(key.length + 1));
}

/** countsIn returns what the files say. */
export function countsIn(texts: CounterTexts): Counts {
  return {
    killed: countIn(texts['memory.events'], 'oom_kill') ?? 0,
    outOfMemory: countIn(texts['memory.events.local'], 'oom') ?? 0,
    refused: countIn(texts.pids, 'max') ?? 0,
  };
}

/** firstSeen begins: what has been counted before is nothing to tell. */
export function firstSeen(counts: Counts): Seen {
  return { ...counts, outOfMemoryAt: Number.NEGATIVE_INFINITY };
}

/** deriveNotices returns what has happened since `before`, and what is known from now on. */
export function deriveNotices(
  before: Seen,
  counts: Counts,
  nowMs: number,
): { readonly seen: Seen; readonly notices: readonly KernelNotice[] } {
  const outOfMemoryAt = counts.outOfMemory > before.outOfMemory ? nowMs : before.outOfMemoryAt;
  const isOwn = nowMs - outOfMemoryAt <= KILLS_WITHIN_MS;
  const rises: readonly CountedNotice[] = [
    { notice: isOwn ? 'own-oom' : 'foreign-oom', times: counts.killed - before.killed },
    { notice: 'tasks-limit', times: counts.refused - before.refused },
  ];
  const notices = rises.filter(({ times }) => times > 0);
  return { seen: { ...counts, outOfMemoryAt }, notices };
}

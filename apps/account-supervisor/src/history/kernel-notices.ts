/**
 * Tells what the kernel does to slivers. A fork bomb meets its limit a thousand times a second: the first
 * time is told at once, the others of the same minute together when it is over.
 */
import type { Timing } from '@nodemgr/agent';
import type { AccountName } from '@nodemgr/records';
import type { KernelNotice } from '../linux/watch-slivers.ts';
import type { Told } from './tell-step.ts';

const TOGETHER_MS = 60_000;

const KERNEL: Told['by'] = { kind: 'kernel' };
const TEXTS = {
  'oom-kill': 'a process was killed: nm_mem_max was reached',
  'tasks-limit': 'a fork was refused: nm_tasks_max was reached',
} as const;

interface Waiting {
  times: number;
  readonly cancel: () => void;
}

export class KernelNotices {
  readonly #waiting = new Map<string, Waiting>();

  constructor(
    private readonly timing: Pick<Timing, 'after'>,
    private readonly tell: (name: AccountName, told: Told) => void,
  ) {}

  /** heard takes note of what the kernel did to `name`. */
  heard(name: AccountName, notice: KernelNotice): void {
    if (notice.notice === 'ended') {
      const why = 'all its processes have ended, and nobody asked for it';
      this.tell(name, { what: 'sliver-died', why, by: KERNEL });
      return;
    }
    const { notice: what, times } = notice;
    const key = `${name} ${what}`;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.times += times;
      return;
    }
    this.#say(name, what, times);
    const cancel = this.timing.after(TOGETHER_MS, () => this.#flush(name, what));
    this.#waiting.set(key, { times: 0, cancel });
  }

  /** stop forgets what has not been told yet. */
  stop(): void {
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  #flush(name: AccountName, what: keyof typeof TEXTS): void {
    const key = `${name} ${what}`;
    const times = this.#waiting.get(key)?.times ?? 0;
    this.#waiting.delete(key);
    if (times > 0) this.#say(name, what, times);
  }

  #say(name: AccountName, what: keyof typeof TEXTS, times: number): void {
    const why = times === 1 ? TEXTS[what] : `${TEXTS[what]}, ${times} times`;
    this.tell(name, { what, why, by: KERNEL });
  }
}

/**
 * Describes what the kernel does to slivers. A fork bomb meets its limit a thousand times a second: the first
 * time is an event at once, the others of the same minute are one event when it is over.
 */
import type { Timing } from '@nodemgr/agent';
import type { AccountName } from '@nodemgr/records';
import type { CountedNotice, KernelNotice } from '../machine/linux/derive-notices.ts';
import type { Description } from './describe-step.ts';

const TOGETHER_MS = 60_000;

const KERNEL: Description['by'] = { kind: 'kernel' };
/** The text of a notice that may come often. */
const TEXTS: Readonly<
  Record<CountedNotice['notice'], Pick<Description, 'what'> & { text: string }>
> = {
  'own-oom': { what: 'oom-kill', text: 'a process was killed: nm_mem_max was reached' },
  'foreign-oom': {
    what: 'oom-kill',
    text: 'a process was killed for want of memory, and nm_mem_max was not reached: all slivers together, the node or a group within the sliver had no more',
  },
  'tasks-limit': { what: 'tasks-limit', text: 'a fork was refused: nm_tasks_max was reached' },
};
type Often = CountedNotice['notice'];

interface Waiting {
  times: number;
  readonly cancel: () => void;
}

export class KernelNotices {
  readonly #waiting = new Map<string, Waiting>();

  constructor(
    private readonly timing: Pick<Timing, 'after'>,
    private readonly note: (name: AccountName, description: Description) => void,
  ) {}

  /** heard takes note of what the kernel did to `name`. */
  heard(name: AccountName, notice: KernelNotice): void {
    if (notice.notice === 'ended') {
      const why = 'all its processes have ended, and nobody asked for it';
      this.note(name, { what: 'sliver-died', why, by: KERNEL });
      return;
    }
    const { notice: often, times } = notice;
    const key = `${name} ${often}`;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.times += times;
      return;
    }
    this.#describe(name, often, times);
    const cancel = this.timing.after(TOGETHER_MS, () => this.#flush(name, often));
    this.#waiting.set(key, { times: 0, cancel });
  }

  /** stop forgets all that has not been described yet. */
  stop(): void {
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  #flush(name: AccountName, often: Often): void {
    const key = `${name} ${often}`;
    const times = this.#waiting.get(key)?.times ?? 0;
    this.#waiting.delete(key);
    if (times > 0) this.#describe(name, often, times);
  }

  #describe(name: AccountName, often: Often, times: number): void {
    const { what, text } = TEXTS[often];
    const why = times === 1 ? text : `${text}, ${times} times`;
    this.note(name, { what, why, by: KERNEL });
  }
}

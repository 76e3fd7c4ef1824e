/**
 * Hears from the kernel what becomes of running slivers, at once and without asking: one that has ended,
 * a process killed for want of memory, a fork refused. Tells it; decides nothing.
 */
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@nodemgr/daemon';
import type { AccountName } from '@nodemgr/records';
import { cgroupOf } from '../layout.ts';

/** What the kernel tells of a sliver: how often since the last time. */
export type KernelNotice =
  | { readonly notice: 'ended' }
  | { readonly notice: 'oom-kill'; readonly times: number }
  | { readonly notice: 'tasks-limit'; readonly times: number };

/** The files that change with each event (cgroup-v2.rst), and the line of each that counts it. */
const COUNTERS = {
  'memory.events': { key: 'oom_kill', notice: 'oom-kill' },
  'pids.events': { key: 'max', notice: 'tasks-limit' },
} as const;
type CounterFile = keyof typeof COUNTERS;

function lineOf(text: string, key: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${key} `));
  return Number(line?.slice(key.length + 1) ?? 0);
}

/** One running sliver: a watcher on each file, until its control group has gone. */
class WatchedSliver {
  readonly #watchers: FSWatcher[] = [];
  readonly #counts = new Map<CounterFile, number>();
  #closed = false;

  constructor(
    private readonly name: AccountName,
    private readonly tell: (notice: KernelNotice) => void,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /** open begins to listen; what has been counted before is not told. Throws when the group is not there. */
  async open(): Promise<void> {
    for (const file of Object.keys(COUNTERS) as CounterFile[]) {
      this.#counts.set(file, await this.#count(file));
      this.#listen(file, () => this.#recount(file));
    }
    this.#listen('cgroup.events', () => this.#lookForEnd());
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #listen(file: string, heard: () => Promise<void>): void {
    const watcher = watch(join(cgroupOf(this.name), file), { persistent: false }, () => {
      heard().catch((error: unknown) => this.#failed(file, error));
    });
    watcher.on('error', (error) => this.#failed(file, error));
    this.#watchers.push(watcher);
  }

  async #read(file: string): Promise<string> {
    return readFile(join(cgroupOf(this.name), file), 'utf8');
  }

  async #count(file: CounterFile): Promise<number> {
    return lineOf(await this.#read(file), COUNTERS[file].key);
  }

  async #recount(file: CounterFile): Promise<void> {
    const now = await this.#count(file);
    const times = now - (this.#counts.get(file) ?? 0);
    this.#counts.set(file, now);
    if (times > 0 && !this.#closed) this.tell({ notice: COUNTERS[file].notice, times });
  }

  async #lookForEnd(): Promise<void> {
    if (lineOf(await this.#read('cgroup.events'), 'populated') === 0) this.#end();
  }

  #end(): void {
    if (this.#closed) return;
    this.close();
    this.tell({ notice: 'ended' });
  }

  /** A group that has gone since is a sliver that has ended. */
  #failed(file: string, error: unknown): void {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENODEV' && !this.#closed) {
      this.log.warn({ account: this.name, file, err: error }, 'a sliver can no longer be watched');
    }
    this.#end();
  }
}

export class SliverWatch {
  readonly #watched = new Map<AccountName, WatchedSliver>();

  constructor(
    private readonly tell: (name: AccountName, notice: KernelNotice) => void,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /** follow listens to `name` while it runs; to do so twice is to do it once. */
  async follow(name: AccountName, running: boolean): Promise<void> {
    if (!running) return this.#forget(name);
    if (this.#watched.has(name)) return;
    const sliver = new WatchedSliver(name, (notice) => this.#hear(name, notice), this.log);
    this.#watched.set(name, sliver);
    try {
      await sliver.open();
    } catch (error) {
      // It has ended meanwhile, or inotify has no more watches: the next look sees what became of it.
      this.log.warn(
        { account: name, err: error },
        'a sliver cannot be watched until it is looked at again',
      );
      this.#forget(name);
    }
  }

  /** stop listens to nobody any more. */
  stop(): void {
    for (const name of [...this.#watched.keys()]) this.#forget(name);
  }

  #hear(name: AccountName, notice: KernelNotice): void {
    if (notice.notice === 'ended') this.#forget(name);
    this.tell(name, notice);
  }

  #forget(name: AccountName): void {
    this.#watched.get(name)?.close();
    this.#watched.delete(name);
  }
}

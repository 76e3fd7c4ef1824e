/**
 * Looks at the file system that holds the slivers every few seconds, and reports what is wrong with it: slivers
 * fill it within their quotas, and then everybody is out of room. It changes nothing.
 */
import type { Timing } from '@nodemgr/agent';
import type { FailureBoard } from '@nodemgr/daemon';
import type { AccountName } from '@nodemgr/records';
import type { Machine } from '../machine/port.ts';
import { isExpired, isObservedSliver, type ObservedAccount } from '../observed/observed-account.ts';
import {
  type DiskFacts,
  type DiskTrouble,
  type Quotas,
  quotasTrouble,
  reserveTrouble,
  type SliverOnDisk,
  spaceTrouble,
  whyNoRoom,
} from './judge-disk.ts';

const LOOK_MS = 10_000;

export interface DiskWatchParts {
  readonly machine: Pick<Machine, 'diskFacts' | 'usedOnDisk'>;
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly timing: Pick<Timing, 'after'>;
  readonly accounts: () => ReadonlyMap<AccountName, ObservedAccount>;
  /** How many times the room for slivers their quotas may add up to. */
  readonly overcommit: number;
}

export class DiskWatch {
  readonly #parts: DiskWatchParts;
  #facts: DiskFacts | undefined;
  /** What is reported, by its subject. */
  readonly #reported = new Map<string, string>();
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(parts: DiskWatchParts) {
    this.#parts = parts;
  }

  /** Why no sliver can be made, as of the last look; undefined: one can. */
  get whyNoRoom(): string | undefined {
    return this.#facts === undefined ? undefined : whyNoRoom(this.#facts);
  }

  /** look looks at the file system; rejects when that cannot be done. */
  async look(): Promise<void> {
    this.#facts = await this.#parts.machine.diskFacts();
  }

  /** start reports what is wrong, now and every few seconds. */
  start(): void {
    void this.#round();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #round(): Promise<void> {
    try {
      await this.look();
      this.#tell('disk', undefined);
      this.#tellAll();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#tell('disk', { code: 'disk-space', subject: 'disk', action: 'look', reason });
    }
    if (!this.#stopped) this.#cancel = this.#parts.timing.after(LOOK_MS, () => void this.#round());
  }

  #tellAll(): void {
    const facts = this.#facts;
    if (facts === undefined) return;
    const troubles: readonly DiskTrouble[] = [
      spaceTrouble(facts, () => this.#slivers()),
      quotasTrouble(facts, this.#quotas()),
      reserveTrouble(facts),
    ];
    for (const { failure, reason } of troubles)
      this.#tell(failure.subject, reason === undefined ? undefined : { ...failure, reason });
  }

  #tell(subject: string, failure: Parameters<FailureBoard['report']>[0] | undefined): void {
    if (failure?.reason === this.#reported.get(subject) || this.#stopped) return;
    if (failure === undefined) {
      this.#reported.delete(subject);
      this.#parts.failures.clear(subject);
    } else {
      this.#reported.set(subject, failure.reason);
      this.#parts.failures.report(failure);
    }
  }

  #quotas(): Quotas {
    let [count, sum] = [0, 0];
    for (const account of this.#parts.accounts().values()) {
      if (!isObservedSliver(account) || isExpired(account)) continue;
      count += 1;
      sum += account.limits.diskQuota ?? 0;
    }
    return { count, sum, overcommit: this.#parts.overcommit };
  }

  /** What each has of it; where nobody counts that, a text that says so. */
  #slivers(): readonly SliverOnDisk[] | string {
    const { accounts, machine } = this.#parts;
    try {
      return [...accounts()].flatMap(([name, account]) => {
        const kept = account.state === 'kept' || isExpired(account);
        if ((!kept && !isObservedSliver(account)) || account.slot === undefined) return [];
        return [{ name, kept, used: machine.usedOnDisk(account.slot) }];
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return `whose files they are cannot be told: ${why}`;
    }
  }
}

/**
 * The pretended passwd and subuid: real files in the real format, from which the API and the bandwidth
 * agent learn user ids. Written as a whole and one after another; changes that come together are
 * written together.
 */
import { readOptional, replaceFile } from '@nodemgr/agent';
import type { AccountName } from '@nodemgr/records';
import type { IdPolicy, Slot } from '../account-ids.ts';
import type { MachineLayout } from '../layout.ts';
import type { ObservedAccount } from '../observed-account.ts';
import {
  type AccountLines,
  fieldsOf,
  foreignSlotsIn,
  linesOf,
  replaceLines,
} from './account-lines.ts';

export interface DatabaseFiles {
  readonly passwd: string;
  readonly subuid: string;
}

type Fields = readonly string[];

export class AccountDatabase {
  readonly #lines = new Map<AccountName, AccountLines>();
  /** Names whose lines are ours to change: those we have, and those we had. */
  readonly #ours = new Set<string>();
  #foreignNames: ReadonlySet<string> = new Set();
  #foreignSlots: ReadonlySet<Slot> = new Set();
  #dirty = false;
  #writing: Promise<void> | undefined;

  constructor(
    private readonly files: DatabaseFiles,
    private readonly policy: IdPolicy,
    private readonly layout: MachineLayout,
  ) {}

  /** load makes the files agree with `accounts`. Lines with our shells and no account are left-overs, and go. */
  async load(accounts: ReadonlyMap<AccountName, ObservedAccount>): Promise<void> {
    const passwd = await readOptional(this.files.passwd);
    for (const fields of fieldsOf(passwd ?? '')) {
      if (this.#hasOurShell(fields)) this.#ours.add(fields[0] ?? '');
    }
    for (const [name, account] of accounts) this.#put(name, account);
    await this.#sync();
  }

  /** set makes the files agree with one account; resolves when that is on disk. */
  async set(name: AccountName, account: ObservedAccount): Promise<void> {
    if (this.#put(name, account)) await this.#sync();
  }

  /** isForeign reports whether someone else's user has this name. */
  isForeign(name: AccountName): boolean {
    return this.#foreignNames.has(name);
  }

  get foreignSlots(): ReadonlySet<Slot> {
    return this.#foreignSlots;
  }

  #hasOurShell(fields: Fields): boolean {
    const shell = fields[6];
    return shell === this.layout.sliverShell || shell === this.layout.delegateShell;
  }

  /** Reports whether the files have to change; a change that failed to be written still has to. */
  #put(name: AccountName, account: ObservedAccount): boolean {
    const lines = linesOf(name, account, this.policy, this.layout);
    const before = this.#lines.get(name);
    const same = before?.passwd === lines.passwd && before?.subuid === lines.subuid;
    if (!same) {
      this.#dirty = true;
      if (lines.passwd !== undefined) this.#ours.add(name);
      if (lines.passwd === undefined && lines.subuid === undefined) this.#lines.delete(name);
      else this.#lines.set(name, lines);
    }
    return this.#dirty || this.#writing !== undefined;
  }

  #sync(): Promise<void> {
    this.#dirty = true;
    this.#writing ??= this.#drain();
    return this.#writing;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#dirty) {
        this.#dirty = false;
        await this.#write();
      }
    } catch (error) {
      this.#dirty = true;
      throw error;
    } finally {
      this.#writing = undefined;
    }
  }

  async #write(): Promise<void> {
    const isOurs = ([name = '']: Fields) => this.#ours.has(name);
    const isOurUser = (fields: Fields) => isOurs(fields) && this.#hasOurShell(fields);
    const lines = [...this.#lines.values()];
    const present = (line: string | undefined) => line !== undefined;
    const others = {
      passwd: await this.#writeOne(
        this.files.passwd,
        isOurUser,
        lines.map((l) => l.passwd).filter(present),
      ),
      subuid: await this.#writeOne(
        this.files.subuid,
        isOurs,
        lines.map((l) => l.subuid).filter(present),
      ),
    };
    this.#foreignNames = new Set(others.passwd.map(([name = '']) => name));
    this.#foreignSlots = foreignSlotsIn(others.passwd, others.subuid, this.policy);
  }

  /** Returns the lines that are not ours. An unchanged file is not written. */
  async #writeOne(
    path: string,
    isOurs: (fields: Fields) => boolean,
    lines: readonly string[],
  ): Promise<readonly Fields[]> {
    const before = await readOptional(path);
    const after = replaceLines(before ?? '', isOurs, lines);
    if (before !== after) await replaceFile(path, 0o644, after);
    return fieldsOf(before ?? '').filter((fields) => !isOurs(fields));
  }
}

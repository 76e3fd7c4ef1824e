/**
 * The pretended accounts on disk: one file each, so that a change writes no more than its own account,
 * and writes it once, however many steps it took: steps that a crash makes forgotten are planned again.
 * What is damaged is set aside and reported, and that account begins as absent: it holds up no other.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readStateFile, replaceFile, type StateFile, setAside } from '@nodemgr/agent';
import type { FailureBoard, Logger } from '@nodemgr/daemon';
import { type AccountName, isSliceName } from '@nodemgr/records';
import type { ObservedAccount } from '../../observed/observed-account.ts';
import type { Slot } from '../../slots/account-ids.ts';
import { type StoredAccount, type StoredState, storedAccountSchema } from './stored-account.ts';

/** Whom damage is told: the log, and the operators until the next start. */
export interface DamageReports {
  readonly log: Pick<Logger, 'error'>;
  readonly failures: Pick<FailureBoard, 'report'>;
}

type Damaged = Extract<StateFile<never>, { readonly found: 'damaged' }>;

export class AccountFiles {
  readonly #unsaved = new Map<AccountName, ObservedAccount>();

  constructor(
    private readonly folder: string,
    private readonly bootId: string,
    private readonly reports: DamageReports,
  ) {}

  /**
   * load reads every account, in the order of their names; of two with the same slot, and so the same
   * ids, the first keeps it and the other is damaged. Rejects only when the folder itself cannot be read.
   */
  async load(): Promise<Map<AccountName, StoredState>> {
    const accounts = new Map<AccountName, StoredState>();
    const holders = new Map<Slot | undefined, AccountName>();
    for await (const [name, account] of this.#readAll()) {
      const holder = holders.get(account.slot);
      if (holder === undefined) {
        holders.set(account.slot, name);
        accounts.set(name, account);
      } else await this.#refuse(name, `slot ${account.slot} is held by ${holder} already`);
    }
    return accounts;
  }

  /** set notes what is now true of `name`, for `save` to write. */
  set(name: AccountName, account: ObservedAccount): void {
    this.#unsaved.set(name, account);
  }

  /** save brings what was set of `name` to disk; when that fails it is still to be saved. */
  async save(name: AccountName): Promise<void> {
    const account = this.#unsaved.get(name);
    if (account === undefined) return;
    await this.#write(name, account);
    // It may have been set again meanwhile.
    if (this.#unsaved.get(name) === account) this.#unsaved.delete(name);
  }

  /** An absent account has no file. */
  async #write(name: AccountName, account: ObservedAccount): Promise<void> {
    const path = this.#pathOf(name);
    if (account.state === 'absent' || account.state === 'foreign') {
      await rm(path, { force: true });
      return;
    }
    const stored: StoredAccount = { name, boot_id: this.bootId, account };
    await replaceFile(path, 0o644, `${JSON.stringify(stored)}\n`);
  }

  #pathOf(name: AccountName): string {
    return join(this.folder, `${name}.json`);
  }

  async #names(): Promise<readonly AccountName[]> {
    const files = (await this.#list()).filter((file) => file.endsWith('.json'));
    return files
      .map((file) => file.slice(0, -'.json'.length))
      .filter(isSliceName)
      .sort();
  }

  async #list(): Promise<readonly string[]> {
    try {
      return await readdir(this.folder);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }

  /** In the order of their names. */
  async *#readAll(): AsyncIterable<readonly [AccountName, StoredState]> {
    for (const name of await this.#names()) {
      const account = await this.#read(name);
      if (account !== undefined) yield [name, account];
    }
  }

  async #read(name: AccountName): Promise<StoredState | undefined> {
    const file = await readStateFile(this.#pathOf(name), storedAccountSchema, Date.now());
    if (file.found === 'damaged') return this.#report(name, file);
    if (file.found === 'nothing') return undefined;
    const { account, boot_id } = file.state;
    if (file.state.name !== name) return this.#refuse(name, `it is about ${file.state.name}`);
    const rebooted = boot_id !== this.bootId && account.state === 'running';
    return rebooted ? { ...account, state: 'stopped' } : account;
  }

  async #refuse(name: AccountName, reason: string): Promise<undefined> {
    this.#report(name, await setAside(this.#pathOf(name), reason, Date.now()));
  }

  #report(name: AccountName, { reason, setAside: aside }: Damaged): undefined {
    const { log, failures } = this.reports;
    log.error(
      { account: name, reason, set_aside: aside },
      'the pretended state of this account is damaged: the account begins afresh',
    );
    const outcome =
      aside === undefined ? '' : `; it is now ${aside}, and the account begins afresh`;
    // A subject of its own: the account soon works again, and that must not hide what became of its file.
    const subject = `account file ${name}.json`;
    failures.report({
      code: 'pretended-account',
      subject,
      action: 'read',
      reason: `${reason}${outcome}`,
    });
  }
}

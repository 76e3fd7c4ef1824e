/**
 * The pretended accounts on disk: one file each, so that a change writes no more than its own account.
 * What is damaged is set aside, and that account begins as absent.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readStateFile, replaceFile } from '@nodemgr/agent';
import type { Logger } from '@nodemgr/daemon';
import { type AccountName, isSliceName } from '@nodemgr/records';
import type { ObservedAccount } from '../observed-account.ts';
import { type StoredAccount, type StoredState, storedAccountSchema } from './stored-account.ts';

export class AccountFiles {
  constructor(
    private readonly folder: string,
    private readonly bootId: string,
    private readonly log: Pick<Logger, 'error'>,
  ) {}

  /** load reads every account. Rejects only when the folder itself cannot be read. */
  async load(): Promise<Map<AccountName, StoredState>> {
    const accounts = new Map<AccountName, StoredState>();
    for (const file of await this.#list()) {
      const name = file.replace(/\.json$/, '');
      if (name === file || !isSliceName(name)) continue;
      const account = await this.#read(name);
      if (account !== undefined) accounts.set(name, account);
    }
    return accounts;
  }

  /** save writes what is now true of `name`; an absent account has no file. */
  async save(name: AccountName, account: ObservedAccount): Promise<void> {
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

  async #list(): Promise<readonly string[]> {
    try {
      return await readdir(this.folder);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }

  async #read(name: AccountName): Promise<StoredState | undefined> {
    const file = await readStateFile(this.#pathOf(name), storedAccountSchema, Date.now());
    if (file.found === 'damaged') {
      const { reason, setAside } = file;
      this.log.error(
        { account: name, reason, set_aside: setAside },
        'the pretended state of this account is damaged: set aside, the account begins afresh',
      );
    }
    if (file.found !== 'state' || file.state.name !== name) return undefined;
    const { account, boot_id } = file.state;
    const rebooted = boot_id !== this.bootId && account.state === 'running';
    return rebooted ? { ...account, state: 'stopped' } : account;
  }
}

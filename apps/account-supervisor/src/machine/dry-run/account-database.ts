/**
 * The pretended passwd and subuid: real files in the real format, from which the API and the bandwidth
 * agent learn user ids. Which lines are ours, and what they say; how they are written is SharedFile's.
 */
import type { AccountName } from '@nodemgr/records';
import type { MachineLayout } from '../../execute/layout.ts';
import type { ObservedAccount } from '../../observed/observed-account.ts';
import { type IdPolicy, idsOf, RANGE_SIZE } from '../../slots/account-ids.ts';
import { type ForeignIds, foreignIds } from '../../slots/foreign-ids.ts';
import { type Fields, SharedFile } from './shared-file.ts';

/** What an account has in the two files; undefined: no line. */
interface AccountLines {
  readonly passwd: string | undefined;
  readonly subuid: string | undefined;
}

/** linesOf returns the lines of an account in its present state. */
function linesOf(
  name: AccountName,
  account: ObservedAccount,
  policy: IdPolicy,
  layout: Pick<MachineLayout, 'sliverShell' | 'delegateShell'>,
): AccountLines {
  if (account.state === 'absent' || account.state === 'foreign' || account.state === 'kept') {
    return { passwd: undefined, subuid: undefined };
  }
  const { uid, base } = idsOf(account.slot, policy);
  const delegate = account.state === 'delegate';
  const shell = delegate ? layout.delegateShell : layout.sliverShell;
  return {
    passwd: `${name}:x:${uid}:${uid}::/:${shell}`,
    subuid: !delegate && account.range ? `${name}:${base}:${RANGE_SIZE}` : undefined,
  };
}

export interface DatabaseFiles {
  readonly passwd: string;
  readonly subuid: string;
}

type Shells = Pick<MachineLayout, 'sliverShell' | 'delegateShell'>;

/** The files' text is a character for each byte: so must be what goes in and is compared. */
const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

export class AccountDatabase {
  readonly #shells: Shells;
  readonly #passwd: SharedFile;
  readonly #subuid: SharedFile;
  /** Names whose lines are ours to change: those we have, and those we had. */
  readonly #ours = new Set<string>();

  constructor(
    private readonly files: DatabaseFiles,
    private readonly policy: IdPolicy,
    { sliverShell, delegateShell }: Shells,
  ) {
    this.#shells = { sliverShell: asBytes(sliverShell), delegateShell: asBytes(delegateShell) };
    const isOurs = ([name = '']: Fields) => this.#ours.has(name);
    const isOurUser = (fields: Fields) => isOurs(fields) && this.#hasOurShell(fields);
    this.#passwd = new SharedFile(files.passwd, isOurUser);
    this.#subuid = new SharedFile(files.subuid, isOurs);
  }

  /**
   * load takes up what the files should say, for `refresh` to write. Lines with our shells and no account
   * are left-overs, and go.
   */
  async load(accounts: ReadonlyMap<AccountName, ObservedAccount>): Promise<void> {
    for (const fields of await this.#passwd.read()) {
      if (this.#hasOurShell(fields)) this.#ours.add(fields[0] ?? '');
    }
    for (const [name, account] of accounts) {
      const { passwd, subuid } = this.#linesOf(name, account);
      this.#passwd.put(name, passwd);
      this.#subuid.put(name, subuid);
    }
  }

  /** set makes the files agree with one account; resolves when that is on disk. */
  async set(name: AccountName, account: ObservedAccount): Promise<void> {
    const { passwd, subuid } = this.#linesOf(name, account);
    await this.#passwd.set(name, passwd);
    await this.#subuid.set(name, subuid);
  }

  /** refresh takes note of what others have changed in the files, and writes what they lack of ours. */
  async refresh(): Promise<void> {
    await this.#passwd.write();
    await this.#subuid.write();
  }

  /** isForeign reports whether someone else's user has this name. */
  isForeign(name: AccountName): boolean {
    return this.#passwd.isOthers(name);
  }

  /** The ids that the lines of others use. */
  get foreignIds(): ForeignIds {
    const users = this.#passwd.others.map(([name = '', , uid = '']) => ({
      name,
      uid: Number.parseInt(uid, 10),
    }));
    // The lines of others come first in the file.
    const ranges = this.#subuid.others.map(([owner = '', first = '', count = ''], at) => ({
      owner,
      first: Number.parseInt(first, 10),
      count: Number.parseInt(count, 10),
      where: `${this.files.subuid} line ${at + 1}`,
    }));
    return foreignIds(users, ranges, () => undefined, this.policy);
  }

  #hasOurShell([, , , , , , shell]: Fields): boolean {
    return shell === this.#shells.sliverShell || shell === this.#shells.delegateShell;
  }

  #linesOf(name: AccountName, account: ObservedAccount) {
    const lines = linesOf(name, account, this.policy, this.#shells);
    if (lines.passwd !== undefined) this.#own(name);
    return lines;
  }

  #own(name: AccountName): void {
    if (this.#ours.has(name)) return;
    this.#ours.add(name);
    this.#passwd.nowOurs(name);
    this.#subuid.nowOurs(name);
  }
}

/** Reads the machine's users, and reads them again only when one of the files has changed. Writes nothing. */
import { readFile, stat } from 'node:fs/promises';
import { FreshRead } from '@nodemgr/node-accounts';
import type { NameServices, ServiceUser } from './name-services.ts';
import { UnixAccounts } from './unix-accounts.ts';

const FILES = {
  passwd: '/etc/passwd',
  shadow: '/etc/shadow',
  subuid: '/etc/subuid',
  subgid: '/etc/subgid',
} as const;

const missing = (error: NodeJS.ErrnoException): string => {
  if (error.code === 'ENOENT') return '';
  throw error;
};

/** passwd(1) and its like replace the file, so that it is another one after each change. */
async function stampOf(path: string): Promise<string> {
  const stamp = stat(path, { bigint: true }).then(
    ({ ino, size, mtimeNs, ctimeNs }) => `${ino}/${size}/${mtimeNs}/${ctimeNs}`,
  );
  return stamp.catch(missing);
}

async function stamps(): Promise<string> {
  return (await Promise.all(Object.values(FILES).map(stampOf))).join();
}

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(missing);

async function readTexts() {
  const [passwd, shadow, subuid, subgid] = await Promise.all([
    textOf(FILES.passwd),
    textOf(FILES.shadow),
    textOf(FILES.subuid),
    textOf(FILES.subgid),
  ]);
  return { passwd, shadow, subuid, subgid };
}

export class UnixAccountFiles {
  #known:
    | {
        readonly stamps: string;
        readonly strangers: readonly ServiceUser[];
        readonly accounts: UnixAccounts;
      }
    | undefined;
  readonly #fresh = new FreshRead(() => this.#look());

  constructor(private readonly services: Pick<NameServices, 'known'>) {}

  /** current returns the accounts as they were at some time after this call; rejects when they cannot be read. */
  current(): Promise<UnixAccounts> {
    return this.#fresh.now();
  }

  /** The stamps are taken first: a change in between is seen at the next look. */
  async #look(): Promise<UnixAccounts> {
    const now = await stamps();
    const strangers = this.services.known;
    if (this.#known?.stamps === now && this.#known.strangers === strangers) {
      return this.#known.accounts;
    }
    const accounts = new UnixAccounts(await readTexts(), strangers);
    this.#known = { stamps: now, strangers, accounts };
    return accounts;
  }
}

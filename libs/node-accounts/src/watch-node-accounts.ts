/**
 * Keeps the reading of passwd and subuid up to date: looks at each look-up whether the files have
 * changed, and reads them again only then. It never writes, and asks no name service.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { native } from '@nodemgr/native';
import type { Logger } from 'pino';
import { FreshRead } from './fresh-read.ts';
import {
  type AccountShells,
  NO_ACCOUNTS,
  type NodeAccounts,
  nodeAccountsFrom,
} from './node-accounts.ts';

export interface WatchOptions {
  readonly passwd_file: string;
  readonly subuid_file: string;
  readonly shells: AccountShells;
  readonly log: Logger;
  /** Milliseconds since 1970; the machine's clock unless a test has another. */
  readonly wallMs?: () => number;
}

export interface NodeAccountsReader {
  /**
   * current returns the accounts as the files had them at some time after this call began. A file
   * that is missing holds no accounts; one that cannot be read leaves the last known accounts, and
   * that is logged. It never rejects.
   */
  current(): Promise<NodeAccounts>;
}

/** Larger than any node's; a file over it is not read. */
const MAX_FILE_BYTES = 16 << 20;
const MISSING = 'missing';
/**
 * Times of files move in steps of some milliseconds: a file changed less than this before it was
 * read may change again and look the same, so it is read again at the next look-up. A time that is ahead
 * of the clock, which has been set back since, is as good as one that is long ago.
 */
const SETTLED_MS = 1000;

function ifMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
}

/** At once: what the kernel has at hand anyway takes 2 µs, and by another thread thirty times that. */
const stampAt = (path: string): string => native().fileStamp(path) ?? MISSING;

interface Reading {
  /** Undefined: the file has changed so lately that its stamp proves nothing. */
  readonly stamp: string | undefined;
  readonly text: string;
}

async function readOpen(
  file: FileHandle,
  path: string,
  stamp: string,
  wallMs: () => number,
): Promise<Reading> {
  const found = await file.stat();
  if (found.size > MAX_FILE_BYTES) {
    throw new Error(`${path} is larger than ${MAX_FILE_BYTES} bytes`);
  }
  const settled = Math.abs(wallMs() - found.ctimeMs) > SETTLED_MS;
  return { stamp: settled ? stamp : undefined, text: await file.readFile('utf8') };
}

async function readAt(path: string, wallMs: () => number): Promise<Reading> {
  // The stamp is taken first: a change in between makes the next look-up read again.
  const stamp = stampAt(path);
  const file = await open(path).catch(ifMissing(undefined));
  if (file === undefined) return { stamp: MISSING, text: '' };
  try {
    return await readOpen(file, path, stamp, wallMs);
  } finally {
    await file.close();
  }
}

class Watching implements NodeAccountsReader {
  readonly #options: WatchOptions;
  readonly #fresh = new FreshRead(() => this.#read());
  #accounts = NO_ACCOUNTS;
  #stamps: string | undefined;
  #complaint: string | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  async current(): Promise<NodeAccounts> {
    try {
      if (!this.#isSame()) await this.#fresh.now();
      this.#complaint = undefined;
    } catch (error) {
      this.#complain(error);
    }
    return this.#accounts;
  }

  #isSame(): boolean {
    const { passwd_file, subuid_file } = this.#options;
    return this.#stamps === [stampAt(passwd_file), stampAt(subuid_file)].join();
  }

  async #read(): Promise<void> {
    const { passwd_file, subuid_file, shells, wallMs = Date.now } = this.#options;
    const [passwd, subuid] = await Promise.all([
      readAt(passwd_file, wallMs),
      readAt(subuid_file, wallMs),
    ]);
    this.#accounts = nodeAccountsFrom(passwd.text, subuid.text, shells);
    const settled = passwd.stamp !== undefined && subuid.stamp !== undefined;
    this.#stamps = settled ? [passwd.stamp, subuid.stamp].join() : undefined;
  }

  /** A file that stays unreadable is reported once, not at every look-up. */
  #complain(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason === this.#complaint) return;
    this.#complaint = reason;
    this.#options.log.error(
      { err: error },
      'the accounts of this machine cannot be read; going by the last known ones, trying again at the next look-up',
    );
  }
}

/** watchNodeAccounts makes a reader; no file is touched before the first look-up. */
export function watchNodeAccounts(options: WatchOptions): NodeAccountsReader {
  return new Watching(options);
}

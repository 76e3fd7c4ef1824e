/** Reads the list of keys that may sign tickets. It is read for each ticket; who is on it is not judged here. */
import type { Stats } from 'node:fs';
import { readBoundedFile } from '@nodemgr/config';
import type { FailureBoard, Logger } from '@nodemgr/daemon';
import { Fault } from '@nodemgr/faults';
import { readTrustedKeys, type TrustedKey } from '@nodemgr/tickets';

/** More than @nodemgr/tickets takes. */
const MAX_BYTES = 512 * 1024;
const WRITABLE_BY_OTHERS = 0o022;
const ROOT = 0;
/** The subject that fails for want of the keys. */
export const TICKETS = 'tickets';
const FAILURE = {
  code: 'trusted-keys',
  subject: TICKETS,
  action: 'read the trusted keys',
} as const;

/** whyUnfit returns why a file cannot say whom to trust; undefined when it can. */
function whyUnfit(stats: Stats, ownUid: number): string | undefined {
  const { uid, mode } = stats;
  if (uid !== ROOT && uid !== ownUid) {
    return `it belongs to user id ${uid}; wanted is root, or the user of db-service`;
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0');
    return `its mode is ${shown}: others than its owner may write it (chmod go-w)`;
  }
  return undefined;
}

/** The file is opened once, so that the same file is judged and read. */
function readText(path: string): string {
  const judge = (stats: Stats): void => {
    const why = whyUnfit(stats, process.getuid?.() ?? ROOT);
    if (why !== undefined) throw new Error(why);
  };
  return readBoundedFile(path, { maxBytes: MAX_BYTES, judge }).toString('utf8');
}

export interface TrustedKeysOptions {
  readonly path: string;
  readonly failures: FailureBoard;
  readonly log: Logger;
}

export class TrustedKeysFile {
  constructor(private readonly options: TrustedKeysOptions) {}

  /**
   * read returns the keys. Throws Fault `unavailable` when there is no list, or none that can be used:
   * the caller, who may be anybody, is told that much, and the operator why.
   */
  read(): readonly TrustedKey[] {
    const { path, failures } = this.options;
    try {
      const keys = readTrustedKeys(readText(path));
      failures.clear(FAILURE.subject);
      return keys;
    } catch (cause) {
      const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      if (isMissing) failures.clear(FAILURE.subject);
      else this.#report(`${path}: ${(cause as Error).message}`);
      const why = isMissing
        ? 'it has no list of trusted keys'
        : 'its list of trusted keys cannot be used; its operator is told why';
      throw new Fault('unavailable', `this node accepts no tickets now: ${why}`, { cause });
    }
  }

  /** lookAgain reads a list that could not be used once more: it may have been replaced. Never throws. */
  lookAgain(): void {
    if (this.options.failures.find(TICKETS) === undefined) return;
    try {
      this.read();
    } catch {
      // It is reported, and said to nobody: nobody has asked.
    }
  }

  /** A node without tickets need have no list; one that cannot be used is said once, not for each ticket. */
  #report(reason: string): void {
    const { failures, log } = this.options;
    const attempts = failures.report({ ...FAILURE, reason });
    if (attempts === 1) log.error({ reason }, 'no tickets are accepted until this is put right');
  }
}

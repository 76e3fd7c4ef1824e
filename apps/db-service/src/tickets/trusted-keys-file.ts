/** Reads the list of keys that may sign tickets. It is read for each ticket; who is on it is not judged here. */
import { readTrustedFile } from '@nodemgr/config';
import type { FailureBoard, Logger } from '@nodemgr/daemon';
import { Fault } from '@nodemgr/faults';
import { readTrustedKeys, type TrustedKey } from '@nodemgr/tickets';

/** More than @nodemgr/tickets takes. */
const MAX_BYTES = 512 * 1024;
/** The subject that fails for want of the keys. */
export const TICKETS = 'tickets';
const FAILURE = {
  code: 'trusted-keys',
  subject: TICKETS,
  action: 'read the trusted keys',
} as const;

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
      const keys = readTrustedKeys(readTrustedFile(path, MAX_BYTES));
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

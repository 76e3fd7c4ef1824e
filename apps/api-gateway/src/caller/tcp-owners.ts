/**
 * Asks the kernel who owns the other end of a TCP connection, and notices when it names nobody: in a
 * kernel without tcp_diag every caller over TCP is silently nobody. It tells operators so, and goes
 * on: Unix sockets do not need it.
 */
import type { Socket } from 'node:net';
import type { FailureBoard } from '@nodemgr/daemon';
import { native, tcpPeerOwnerOf } from '@nodemgr/native';
import type { CallLog } from '../api/dispatch-call.ts';
import { type OwnConnection, openOwnConnection } from './own-connection.ts';

/** What is asked, and how. Tests put another kernel in its place. */
export interface OwnerQuestions {
  /** The user id of who owns the other end; undefined: nobody. Throws when it may not be asked. */
  readonly peerOwnerOf: (socket: Socket) => number | undefined;
  readonly openOwnConnection: () => Promise<OwnConnection>;
  /** Throws when the kernel may not be asked at all. */
  readonly mayAsk: () => void;
}

const NOWHERE = { address: '127.0.0.1', port: 1 };

export const KERNEL: OwnerQuestions = {
  // One exact look-up of some 4 µs, in which nothing but the kernel is waited for.
  peerOwnerOf: tcpPeerOwnerOf,
  openOwnConnection,
  mayAsk: () => void native().tcpSocketOwner(NOWHERE, NOWHERE),
};

export interface TcpOwnersOptions {
  readonly questions: OwnerQuestions;
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly log: CallLog;
}

const SUBJECT = 'callers over TCP';
/**
 * A caller that closes at once has no owner either. When as many as this, the first ones since the
 * start, have had none, it is more likely that the kernel does not say.
 */
const MOST_UNNAMED = 10;
const MISSING = 'is tcp_diag (CONFIG_INET_TCP_DIAG) missing?';

/** What the kernel cannot do for want of descriptors or memory (errno(3)): soon it may again. */
const SHORTAGES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/** isShortage reports whether an error says nothing but that there was too little of something for a moment. */
export const isShortage = (error: unknown): boolean =>
  SHORTAGES.has((error as NodeJS.ErrnoException).code ?? '');

export class TcpOwners {
  readonly #options: TcpOwnersOptions;
  #hasNamed = false;
  #unnamed = 0;

  constructor(options: TcpOwnersOptions) {
    this.#options = options;
  }

  /** ownerOf returns the user id of who connected `socket`; undefined: nobody. Throws as the question does. */
  ownerOf(socket: Socket): number | undefined {
    const owner = this.#ask(socket);
    if (owner !== undefined) this.#named();
    else this.#countUnnamed();
    return owner;
  }

  /** check asks about a connection of our own, if we may have one. What is wrong is told, never thrown. */
  async check(): Promise<void> {
    try {
      const own = await this.#ownConnection();
      if (own === undefined) return this.#options.questions.mayAsk();
      this.#checkOn(own);
    } catch (error) {
      this.#fail(`the kernel may not be asked: ${String(error)}`);
    }
  }

  #checkOn(own: OwnConnection): void {
    try {
      if (this.#ask(own.accepted) !== undefined) this.#named();
      else this.#fail(`the kernel does not say who owns a connection of our own: ${MISSING}`);
    } finally {
      own.close();
    }
  }

  async #ownConnection(): Promise<OwnConnection | undefined> {
    const { questions, log } = this.#options;
    try {
      return await questions.openOwnConnection();
    } catch (error) {
      const text =
        'no TCP connection of our own to try it on: the first callers will show who is known';
      log.info({ reason: String(error) }, text);
      return undefined;
    }
  }

  #ask(socket: Socket): number | undefined {
    try {
      return this.#options.questions.peerOwnerOf(socket);
    } catch (error) {
      // Nothing is learnt of the kernel.
      if (isShortage(error)) throw error;
      this.#fail(`the kernel may not be asked: ${String(error)}`);
      throw error;
    }
  }

  #named(): void {
    this.#hasNamed = true;
    const { failures, log } = this.#options;
    if (failures.clear(SUBJECT)) log.info({}, 'callers over TCP are known again');
  }

  #countUnnamed(): void {
    if (this.#hasNamed) return;
    this.#unnamed += 1;
    if (this.#unnamed !== MOST_UNNAMED) return;
    this.#fail(`the kernel named none of the first ${MOST_UNNAMED} callers: ${MISSING}`);
  }

  #fail(reason: string): void {
    const { failures, log } = this.#options;
    const times = failures.report({
      code: 'tcp-callers',
      subject: SUBJECT,
      action: 'identify',
      reason,
    });
    if (times === 1) log.error({ reason }, 'callers over TCP are all nobody; the others are known');
  }
}

/**
 * One connection to a message bus: calls methods, and hands on signals. A connection that breaks takes all
 * calls with it that wait for an answer; nothing is sent twice, and whoever wants another opens it.
 */
import { connect, type Socket } from 'node:net';
import {
  lengthOfFirst,
  type Message,
  type MethodCall,
  readMessage,
  renderCall,
} from './bus-messages.ts';
import type { BusValue } from './bus-values.ts';

/** The bus itself (D-Bus Specification, Message Bus Messages). */
const BUS = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;
/** A line of the handshake is shorter. */
const LONGEST_LINE = 512;

/** A method's own refusal; `name` is D-Bus's, such as org.freedesktop.systemd1.NoSuchUnit. */
export class BusRefusal extends Error {
  constructor(
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}

export interface BusOptions {
  /** The bus's socket. */
  readonly path: string;
  /** For the handshake, and for each answer unless a call says otherwise. Milliseconds. */
  readonly deadlineMs: number;
  /** Called for each signal that a match lets through. */
  readonly onSignal: (signal: Message) => void;
  /** Called once, when the connection has broken or was closed. */
  readonly onEnd: () => void;
}

interface Waiting {
  readonly settle: (message: Message) => void;
  readonly fail: (error: Error) => void;
}

export class BusConnection {
  readonly #options: BusOptions;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #serial = 0;
  #input: Buffer = Buffer.alloc(0);
  #ended: Error | undefined;
  /** Takes what comes, until the handshake is over. */
  #onHandshake: ((line: string) => void) | undefined;

  private constructor(options: BusOptions) {
    this.#options = options;
    this.#socket = connect(options.path);
    this.#socket.on('data', (bytes) => this.#take(bytes));
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', () => this.#end(new Error('the bus has closed the connection')));
  }

  /** open connects, and introduces itself as the user that this process is; rejects when the bus does not let it in. */
  static async open(options: BusOptions): Promise<BusConnection> {
    const connection = new BusConnection(options);
    try {
      await connection.#authenticate();
      await connection.call({ ...BUS, member: 'Hello' }, 's');
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /**
   * call resolves with what the method returns, which must have the types `reply`; rejects with a BusRefusal
   * when the method does, and when there is no answer within the deadline.
   */
  async call(call: MethodCall, reply: string): Promise<readonly BusValue[]> {
    const serial = this.#serial + 1;
    this.#serial = serial;
    const what = `${call.destination}: ${call.member}`;
    const answer = this.#answerTo(serial, what);
    this.#socket.write(renderCall(call, serial));
    const message = await answer;
    if (message.kind === 'error') {
      throw new BusRefusal(message.errorName, String(message.body[0] ?? message.errorName));
    }
    if (message.signature !== reply) {
      throw new Error(`${what}: an answer of types '${message.signature}', not '${reply}'`);
    }
    return message.body;
  }

  /** match asks for signals by a rule (D-Bus Specification, Match Rules). */
  async match(rule: string): Promise<void> {
    await this.call({ ...BUS, member: 'AddMatch', signature: 's', body: [rule] }, '');
  }

  close(): void {
    this.#end(new Error('the connection to the bus was closed'));
  }

  /** EXTERNAL: the kernel tells the bus who we are. */
  #authenticate(): Promise<void> {
    return this.#within('the handshake with the bus', (settle, fail) => {
      this.#waiting.set(0, { settle: () => undefined, fail });
      this.#onHandshake = (line) => {
        this.#onHandshake = undefined;
        this.#waiting.delete(0);
        if (!line.startsWith('OK ')) return fail(new Error(`the bus does not let us in: ${line}`));
        this.#socket.write('BEGIN\r\n');
        settle();
      };
      const uid = Buffer.from(`${process.geteuid?.() ?? 0}`).toString('hex');
      this.#socket.write(`\0AUTH EXTERNAL ${uid}\r\n`);
    });
  }

  #answerTo(serial: number, what: string): Promise<Message> {
    const answer = this.#within<Message>(what, (settle, fail) => {
      if (this.#ended !== undefined) fail(this.#ended);
      else this.#waiting.set(serial, { settle, fail });
    });
    return answer.finally(() => this.#waiting.delete(serial));
  }

  async #within<T>(
    what: string,
    work: (settle: (value: T) => void, fail: (error: Error) => void) => void,
  ): Promise<T> {
    const { deadlineMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<T>((settle, fail) => {
        timer = setTimeout(
          () => fail(new Error(`${what}: no answer within ${deadlineMs / 1000} seconds`)),
          deadlineMs,
        );
        work(settle, fail);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #take(bytes: Buffer): void {
    this.#input = this.#input.length === 0 ? bytes : Buffer.concat([this.#input, bytes]);
    try {
      if (this.#onHandshake !== undefined) this.#takeLine(this.#onHandshake);
      else this.#takeMessages();
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #takeLine(heard: (line: string) => void): void {
    const end = this.#input.indexOf('\r\n');
    if (end === -1) {
      if (this.#input.length > LONGEST_LINE) throw new Error('the bus answers with no line');
      return;
    }
    const line = this.#input.toString('latin1', 0, end);
    this.#input = this.#input.subarray(end + 2);
    heard(line);
  }

  #takeMessages(): void {
    for (;;) {
      const length = lengthOfFirst(this.#input);
      if (length === undefined || this.#input.length < length) return;
      const message = readMessage(this.#input.subarray(0, length));
      this.#input = this.#input.subarray(length);
      if (message.kind === 'signal') this.#options.onSignal(message);
      else this.#waiting.get(message.replySerial)?.settle(message);
    }
  }

  #end(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#socket.destroy();
    for (const { fail } of this.#waiting.values()) fail(error);
    this.#options.onEnd();
  }
}

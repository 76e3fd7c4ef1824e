/** Clients for tests: one that keeps to HTTP, and one that sends whatever it likes. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestIdentity } from './make-identities.ts';

export interface Answered {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function answerTo(
  sent: ReturnType<typeof request>,
  body: string | Buffer,
): Promise<Answered> {
  const answered = once(sent, 'response');
  // Of a request that is refused early, the rest cannot be sent.
  sent.on('error', () => undefined);
  sent.end(body);
  const [answer] = (await answered) as [IncomingMessage];
  const type = answer.headers['content-type'];
  return { status: answer.statusCode, type, body: await text(answer) };
}

/** askOnSocket asks on a Unix socket. */
export function askOnSocket(
  socketPath: string,
  body: string | Buffer,
  { method = 'POST', path = '/sign', headers = {} }: Asked = {},
): Promise<Answered> {
  return answerTo(request({ socketPath, method, path, headers, agent: false }), body);
}

/** askOverTls asks with a certificate, or without one. */
export function askOverTls(
  port: number,
  ca: string,
  identity: Pick<TestIdentity, 'cert' | 'key'> | undefined,
  body: string,
): Promise<Answered> {
  const { cert, key } = identity ?? {};
  const own = cert === undefined ? {} : { cert, key };
  const options = { host: '127.0.0.1', port, ca, agent: false, method: 'POST', path: '/sign' };
  return answerTo(requestTls({ ...options, ...own }), body);
}

/** head returns the first lines of a request that are right. */
export const head = (length: number): string =>
  `POST /sign HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;

/** A connection that says nothing but what it is told to, and keeps what it hears. */
export class RawConnection {
  heard = '';
  readonly closed: Promise<void>;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      this.heard += chunk;
    });
    // A connection that is reset is closed too.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  static async to(
    at: { readonly path: string } | { readonly port: number; readonly localAddress?: string },
  ): Promise<RawConnection> {
    const where = 'port' in at ? { ...at, host: '127.0.0.1' } : at;
    const raw = new RawConnection(connect(where));
    const connected = new Promise((resolve) => raw.socket.once('connect', resolve));
    // One that is closed at once may never look connected.
    await Promise.race([connected, raw.closed]);
    return raw;
  }

  send(bytes: string): void {
    this.socket.write(bytes);
  }

  /** whenHeard resolves when what has been heard matches, and rejects when it is closed before. */
  async whenHeard(wanted: RegExp): Promise<void> {
    while (!wanted.test(this.heard)) {
      await Promise.race([once(this.socket, 'data'), this.closed]);
      if (this.socket.destroyed && !wanted.test(this.heard)) throw new Error('closed unheard');
    }
  }
}

/**
 * Generates load, in a process of its own: a number of calls over keep-alive connections of a Unix
 * socket, one call at a time on each. Raw sockets, so that it costs less than what it measures.
 */
import { connect, type Socket } from 'node:net';
import { percentile } from './statistics.ts';

/** One round: `bodies` are posted in turn until `calls` have been answered. */
export interface Load {
  readonly socket: string;
  readonly connections: number;
  readonly calls: number;
  readonly bodies: readonly string[];
  /** Posted once on each connection before the clock starts. */
  readonly warmUp: string;
}

/** `elapsedMs` of the whole round; the others of single calls. */
export interface LoadResult {
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Body of the last answer. */
  readonly answer: string;
}

const HEAD_END = '\r\n\r\n';

/** A keep-alive connection that posts one body after the other. */
class Connection {
  readonly #socket: Socket;
  #heard = '';
  #settle: { resolve: (body: string) => void; reject: (error: Error) => void } | undefined;

  constructor(path: string) {
    this.#socket = connect(path).setEncoding('utf8');
    this.#socket.on('data', (chunk: string) => this.#hear(chunk));
    this.#socket.on('error', (error) => this.#settle?.reject(error));
    this.#socket.on('close', () => this.#settle?.reject(new Error('the server hung up')));
  }

  post(body: string): Promise<string> {
    const answer = new Promise<string>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    const length = Buffer.byteLength(body);
    this.#socket.write(
      `POST /RPC2 HTTP/1.1\r\nHost: node\r\nContent-Type: text/xml\r\nContent-Length: ${length}\r\n\r\n${body}`,
    );
    return answer;
  }

  close(): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  /** Every answer here is ASCII, so that characters are bytes. */
  #hear(chunk: string): void {
    this.#heard += chunk;
    const end = this.#heard.indexOf(HEAD_END);
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#heard)?.[1]);
    const body = this.#heard.slice(end + HEAD_END.length);
    if (body.length < length) return;
    this.#heard = '';
    if (body.includes('<fault>')) this.#settle?.reject(new Error(body));
    else this.#settle?.resolve(body);
  }
}

async function generate({ socket, connections, calls, bodies, warmUp }: Load): Promise<LoadResult> {
  const open = Array.from({ length: connections }, () => new Connection(socket));
  await Promise.all(open.map((connection) => connection.post(warmUp)));
  const took: number[] = [];
  let begun = 0;
  let answer = '';
  const started = performance.now();
  await Promise.all(
    open.map(async (connection) => {
      while (begun < calls) {
        const body = bodies[begun % bodies.length] ?? '';
        begun += 1;
        const asked = performance.now();
        answer = await connection.post(body);
        took.push(performance.now() - asked);
      }
    }),
  );
  const elapsedMs = performance.now() - started;
  for (const connection of open) connection.close();
  return { elapsedMs, p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99), answer };
}

process.on('message', (load: Load) => {
  generate(load).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

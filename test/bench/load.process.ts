/**
 * Generates load, in a process of its own: a number of calls over so many connections at once, one call
 * at a time on each. Raw sockets, so that it costs less than what it measures.
 */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { percentile } from './statistics.ts';

/** One round: `bodies` are posted in turn until `calls` have been answered. */
export interface Load {
  readonly server: NetConnectOpts;
  readonly connections: number;
  /** Whether each call is made on a connection of its own, as a client without keep-alive does. */
  readonly fresh: boolean;
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

/** A connection that posts one body after the other. */
class Connection {
  readonly #socket: Socket;
  #heard = '';
  #settle: { resolve: (body: string) => void; reject: (error: Error) => void } | undefined;

  constructor(server: NetConnectOpts) {
    this.#socket = connect(server).setEncoding('utf8');
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

/** callOn makes a call on its place's connection, a new one if the load wants that. */
async function callOn(open: Connection[], place: number, load: Load, body: string) {
  if (load.fresh) {
    open[place]?.close();
    open[place] = new Connection(load.server);
  }
  return open[place]?.post(body) ?? '';
}

async function generate(load: Load): Promise<LoadResult> {
  const { server, connections, calls, bodies, warmUp } = load;
  const open = Array.from({ length: connections }, () => new Connection(server));
  await Promise.all(open.map((connection) => connection.post(warmUp)));
  const took: number[] = [];
  let begun = 0;
  let answer = '';
  const started = performance.now();
  await Promise.all(
    open.map(async (_, place) => {
      while (begun < calls) {
        const body = bodies[begun % bodies.length] ?? '';
        begun += 1;
        const asked = performance.now();
        answer = await callOn(open, place, load, body);
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

/**
 * The HTTP side of the API: takes POST requests, bounds everything that a client can make large or
 * slow, and hands each body with its caller to be answered. It knows nothing of XML-RPC but faults.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Fault } from '@nodemgr/faults';
import { encodeFault } from '@nodemgr/xml-rpc';
import type { CallLog } from '../api/dispatch-call.ts';
import { type Caller, describeCaller } from '../caller/caller.ts';
import type { IdentifyCaller } from '../caller/identify-caller.ts';
import { closeWithStatus } from './close-with-status.ts';
import { BodyReader, type BodyRoom } from './read-body.ts';
import { refuse } from './refuse.ts';

export interface ApiServerOptions {
  readonly identify: IdentifyCaller;
  readonly answer: (caller: Caller, body: Buffer) => Promise<Buffer>;
  readonly limits: HttpLimits;
  /** Shared by all servers of the process. */
  readonly room: BodyRoom;
  readonly log: CallLog;
}

export interface HttpLimits {
  readonly maxBodyBytes: number;
  /** How long a request may take to arrive, headers and body (milliseconds). */
  readonly requestMs: number;
  readonly maxConnections: number;
}

const MAX_HEADER_BYTES = 16 << 10;
const KEEP_ALIVE_MS = 15_000;
/** A connection on which nothing moves for this long is closed, even if its answer is not ready or not read. */
const STALLED_MS = 60_000;
/** Requests that a client may send ahead of their answers. */
const MAX_PIPELINED = 100;
const MAX_CHECK_MS = 1000;

const PATHS: ReadonlySet<string> = new Set(['/', '/RPC2']);
const XML = { 'Content-Type': 'text/xml; charset=utf-8' };
const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };

/** What is known of a connection. Its requests are answered one after the other. */
interface ApiConnection {
  readonly caller: Promise<Caller>;
  turn: Promise<void>;
  waiting: number;
}

/** pathOf returns the path of a request target, which may be a whole URL (RFC 9112, 3.2.2). */
function pathOf(target: string): string {
  const [path = ''] = target.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/);
  return path === '' ? '/' : path;
}

class ApiServer {
  readonly server: Server;
  readonly #options: ApiServerOptions;
  readonly #connections = new WeakMap<Socket, ApiConnection>();

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { requestMs, maxConnections } = options.limits;
    this.server = createServer({
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      connectionsCheckingInterval: Math.min(MAX_CHECK_MS, requestMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Nothing here depends on the host that a client thinks it talks to.
      requireHostHeader: false,
    });
    // A client may end its side once it has asked (`nc -N` does), and still wants its answer.
    Object.assign(this.server, { httpAllowHalfOpen: true });
    this.server.timeout = STALLED_MS;
    this.server.maxConnections = maxConnections;
    this.server.on('connection', (socket: Socket) => this.#accept(socket));
    this.server.on('request', (request, response) => this.#queue(request, response, false));
    this.server.on('checkContinue', (request, response) => this.#queue(request, response, true));
    this.server.on('clientError', closeWithStatus);
    this.server.on('drop', () =>
      options.log.info({ limit: maxConnections }, 'a connection was refused: there are too many'),
    );
  }

  #accept(socket: Socket): void {
    const { identify, log } = this.#options;
    const caller = identify(socket).catch((error: unknown): Caller => {
      log.info({ err: error }, 'a caller could not be identified; it is nobody');
      return { kind: 'nobody', why: 'the kernel did not say who it is' };
    });
    this.#connections.set(socket, { caller, turn: Promise.resolve(), waiting: 0 });
  }

  #queue(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined || connection.waiting >= MAX_PIPELINED) {
      request.socket.destroy();
      return;
    }
    connection.waiting += 1;
    connection.turn = connection.turn.then(async () => {
      await this.#serve(request, response, await connection.caller, expectsContinue);
      connection.waiting -= 1;
    });
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
    expectsContinue: boolean,
  ): Promise<void> {
    const { room, limits, log } = this.#options;
    const body = new BodyReader(room, limits.maxBodyBytes);
    try {
      if (await this.#refusesHead(request, response, caller)) return;
      if (expectsContinue) response.writeContinue();
      await this.#answer(request, response, caller, body);
    } catch (error) {
      log.error({ err: error }, 'a request could not be answered; its connection is closed');
      request.socket.destroy();
    } finally {
      body.release();
    }
  }

  /** #refusesHead answers what its first lines already rule out. */
  async #refusesHead(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
  ): Promise<boolean> {
    const { method, url = '' } = request;
    if (!PATHS.has(pathOf(url))) {
      await refuse(request, response, 404, TEXT, Buffer.from('The API is at / and /RPC2.\n'));
    } else if (method !== 'POST') {
      const headers = { ...TEXT, Allow: 'POST' };
      await refuse(request, response, 405, headers, Buffer.from('XML-RPC is called by POST.\n'));
    } else if (Number(request.headers['content-length'] ?? 0) > this.#options.limits.maxBodyBytes) {
      await this.#refuseBody(request, response, caller, 'too long');
    } else return false;
    return true;
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
    reader: BodyReader,
  ): Promise<void> {
    const body = await reader.read(request);
    if (body === 'closed') return;
    if (typeof body === 'string') return this.#refuseBody(request, response, caller, body);
    const bytes = await this.#options.answer(caller, body);
    response.writeHead(200, { ...XML, 'Content-Length': bytes.length });
    response.end(bytes);
  }

  async #refuseBody(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
    why: 'too long' | 'no room',
  ): Promise<void> {
    const { limits, log } = this.#options;
    const fault =
      why === 'too long'
        ? new Fault('not-xml-rpc', `the request is longer than ${limits.maxBodyBytes} bytes`)
        : new Fault('unavailable', 'too many large requests are being received; try again');
    log.info({ caller: describeCaller(caller), reason: fault.message }, 'a request was refused');
    const body = Buffer.from(encodeFault(fault.code, fault.message));
    await refuse(request, response, why === 'too long' ? 413 : 503, XML, body);
  }
}

/** makeApiServer makes a server that listens nowhere yet. */
export function makeApiServer(options: ApiServerOptions): Server {
  return new ApiServer(options).server;
}

/**
 * The HTTP server of the API: accepts connections, asks once who is at the other end, bounds how
 * many and how slow they may be, and has their requests answered one after the other. What a
 * request may be is answer-request.ts's to say.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Caller, describeCaller } from '../caller/caller.ts';
import type { IdentifyCaller } from '../caller/identify-caller.ts';
import { type AnswerOptions, answerRequest, type BodyLimits } from './answer-request.ts';
import { ApiRequest } from './api-request.ts';
import { closeBusy, closeWithStatus } from './close-with-status.ts';
import type { ConnectionPlaces } from './connection-places.ts';

export interface ApiServerOptions extends AnswerOptions {
  readonly identify: IdentifyCaller;
  readonly limits: HttpLimits;
  /** Shared by all servers of the process. */
  readonly places: ConnectionPlaces;
}

export interface HttpLimits extends BodyLimits {
  /** How long a request may take to arrive, headers and body (milliseconds). */
  readonly requestMs: number;
  /**
   * Connections accepted by this server. Who may have how many is for `places` to say, once it is
   * known whose they are: there must be some to spare, or a full house could not let root in.
   */
  readonly maxConnections: number;
}

const MAX_HEADER_BYTES = 16 << 10;
const KEEP_ALIVE_MS = 15_000;
/** A connection on which nothing moves for this long is closed, even if its answer is not ready or not read. */
const STALLED_MS = 60_000;
/** Requests that a client may send ahead of their answers. */
const MAX_PIPELINED = 100;
const MAX_CHECK_MS = 1000;

/** What is known of a connection. Its requests are answered one after the other. */
interface ApiConnection {
  /** Undefined: it has no place, and is being closed. */
  readonly caller: Promise<Caller | undefined>;
  turn: Promise<void>;
  waiting: number;
}

class ApiServer {
  readonly server: Server;
  readonly #options: ApiServerOptions;
  readonly #connections = new WeakMap<Socket, ApiConnection>();

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { requestMs, maxConnections } = options.limits;
    const server = createServer({
      IncomingMessage: ApiRequest,
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      connectionsCheckingInterval: Math.min(MAX_CHECK_MS, requestMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Nothing here depends on the host that a client thinks it talks to.
      requireHostHeader: false,
    });
    this.server = server;
    // A client may end its side once it has asked (`nc -N` does), and still wants its answer.
    Object.assign(this.server, { httpAllowHalfOpen: true });
    this.server.timeout = STALLED_MS;
    this.server.maxConnections = maxConnections;
    this.server.on('connection', (socket: Socket) => this.#accept(socket));
    server.on('request', (request, response) => this.#queue(request, response, false));
    server.on('checkContinue', (request, response) => this.#queue(request, response, true));
    this.server.on('clientError', closeWithStatus);
    this.server.on('drop', () =>
      options.log.info({ limit: maxConnections }, 'a connection was refused: there are too many'),
    );
  }

  #accept(socket: Socket): void {
    const caller = this.#callerOf(socket);
    this.#connections.set(socket, { caller, turn: Promise.resolve(), waiting: 0 });
  }

  /** Takes a place for the connection as soon as it is known whose it is, whether it says anything or not. */
  async #callerOf(socket: Socket): Promise<Caller | undefined> {
    const { identify, log, places } = this.#options;
    const caller = await identify(socket).catch((error: unknown): Caller => {
      log.info({ err: error }, 'a caller could not be identified; it is nobody');
      return { kind: 'nobody', why: 'the kernel did not say who it is' };
    });
    if (socket.destroyed) return caller;
    if (places.take(caller)) {
      socket.once('close', () => places.give(caller));
      return caller;
    }
    log.info(
      { caller: describeCaller(caller) },
      'a connection was refused: its caller has too many',
    );
    closeBusy(socket);
    return undefined;
  }

  #queue(request: ApiRequest, response: ServerResponse, expectsContinue: boolean): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined || connection.waiting >= MAX_PIPELINED) {
      request.socket.destroy();
      return;
    }
    connection.waiting += 1;
    connection.turn = connection.turn.then(async () => {
      const caller = await connection.caller;
      if (caller === undefined) return;
      await answerRequest({ request, response, caller, expectsContinue }, this.#options);
      connection.waiting -= 1;
    });
  }
}

/** makeApiServer makes a server that listens nowhere yet. */
export function makeApiServer(options: ApiServerOptions): Server {
  return new ApiServer(options).server;
}

/**
 * The HTTP server of the API: accepts connections, bounds how slow they may be and how far ahead they may
 * ask, and has the requests of each answered one after the other. Who is let in is admission.ts's to
 * say, what a request may be answer-request.ts's.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { closeAfter, isOver, statusOf, textOf } from '@nodemgr/http-front';
import type { SharingCaller } from '../caller/caller-shares.ts';
import type { Transport } from '../caller/identify-caller.ts';
import type { Admission } from './admission.ts';
import { type AnswerLimits, type AnswerOptions, answerRequest } from './answer-request.ts';
import { ApiRequest, conclude } from './api-request.ts';
import {
  BUSY,
  KEEP_ALIVE_MS,
  LINGER,
  MAX_CHECK_MS,
  MAX_HEADER_BYTES,
  MAX_HEADERS,
  STALLED_MS,
} from './http-bounds.ts';
import { WaitingRequests } from './waiting-requests.ts';

export interface ApiServerOptions extends AnswerOptions {
  readonly limits: HttpLimits;
  /** Shared by all servers of the process. */
  readonly admission: Admission;
}

export interface HttpLimits extends AnswerLimits {
  /** How long a request may take to arrive, headers and body (milliseconds). */
  readonly requestMs: number;
  /**
   * Connections accepted by this server. Who may have how many is for `places` to say, once it is
   * known whose they are: there must be some to spare, or a full house could not let root in.
   */
  readonly maxConnections: number;
}

/** What is known of a connection. Its requests are answered one after the other. */
interface ApiConnection {
  /** Undefined: it has no place, and is being closed. */
  readonly admitted: Promise<SharingCaller | undefined>;
  turn: Promise<void>;
  readonly waiting: WaitingRequests;
  /** Nothing more is done on it. */
  ended: boolean;
  /** Nothing more is taken from it; whether anything is said when what was asked before has been answered. */
  conclusion?: 'status' | 'silence';
}

/** What there is after an answered request that is not even the first letter of another: a NUL, a line too many. */
const NO_REQUEST = 'HPE_INVALID_METHOD';

/** transportOf returns what a server that listens is listening on. A Unix socket's address is its path, or nothing. */
function transportOf(server: Server): Transport {
  const address = server.address();
  return typeof address === 'string' || address === null ? 'unix' : 'tcp';
}

class ApiServer {
  readonly server: Server;
  #transport: Transport | undefined;
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
    // One more than may be: enough to see that there are too many.
    this.server.maxHeadersCount = MAX_HEADERS + 1;
    this.server.maxConnections = maxConnections;
    this.server.on('connection', (socket: Socket) => this.#accept(socket));
    server.on('request', (request, response) => this.#queue(request, response, false));
    server.on('checkContinue', (request, response) => this.#queue(request, response, true));
    // Left to node:http, it would be answered while the rest is parsed, by no rule of ours.
    server.on('checkExpectation', (request, response) => this.#queue(request, response, false));
    // Left to node:http, the connection would be gone at once, with what was asked before.
    server.on('connect', (_, socket: Socket) => {
      this.#conclude(socket, textOf('405 Method Not Allowed', 'Allow: POST\r\n'));
    });
    this.server.on('clientError', (error, socket: Socket) => this.#closeBroken(error, socket));
    this.server.on('drop', () => options.admission.overflowed());
  }

  #accept(socket: Socket): void {
    this.#transport ??= transportOf(this.server);
    const admitted = this.#options.admission.admit(socket, this.#transport);
    const turn = Promise.resolve();
    const connection = { admitted, turn, waiting: new WaitingRequests(), ended: false };
    this.#connections.set(socket, connection);
    socket.once('close', () => void this.#leave(connection));
  }

  /**
   * What a client has asked for keeps its place until it is done, even when the client has gone: else it
   * could ask, go and ask again without end.
   */
  async #leave(connection: ApiConnection): Promise<void> {
    const admitted = await connection.admitted;
    await connection.turn;
    if (admitted !== undefined) this.#options.admission.leave(admitted);
  }

  #queue(request: ApiRequest, response: ServerResponse, expectsContinue: boolean): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined || !connection.waiting.admit(request)) {
      this.#conclude(request.socket, textOf(BUSY));
      return;
    }
    connection.turn = connection.turn.then(async () => {
      const admitted = await connection.admitted;
      // What has not come whole on a connection from which nothing more is taken gets its status at the end.
      const isCut = connection.conclusion !== undefined && !request.complete;
      if (admitted !== undefined && !connection.ended && !isCut) {
        const { caller, shares } = admitted;
        const isLast = () => connection.conclusion === 'silence' && connection.waiting.isLast;
        const exchange = { request, response, caller, shares, expectsContinue, isLast };
        connection.ended = !(await answerRequest(exchange, this.#options));
      }
      connection.waiting.done();
    });
  }

  /**
   * A status is sent only in its place: before the answers to what was asked earlier, it would be theirs. What
   * has been asked for is answered first, whatever comes behind it.
   */
  #closeBroken(error: NodeJS.ErrnoException, socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined || isOver(error, socket)) socket.destroy();
    else if (connection.waiting.isLastUnread) {
      if (connection.conclusion !== undefined) return;
      connection.conclusion = 'status';
      connection.ended = true;
      closeAfter(socket, textOf(statusOf(error)), LINGER);
    }
    // What follows a request to close is no request (RFC 9112, 9.6); the one before it is answered.
    else if (error.code === 'HPE_CLOSED_CONNECTION') socket.pause();
    else this.#conclude(socket, error.code === NO_REQUEST ? '' : textOf(statusOf(error)));
  }

  /** #conclude takes nothing more from a connection: what was asked for is answered, then `text` is sent. */
  #conclude(socket: Socket, text: string): void {
    const connection = this.#connections.get(socket);
    // node:http reports a broken request again with every piece that comes.
    if (connection === undefined || connection.conclusion !== undefined) return;
    connection.conclusion = text === '' ? 'silence' : 'status';
    conclude(socket);
    connection.turn = connection.turn.then(() => {
      // Its last answer closes it.
      if (!connection.ended) closeAfter(socket, text, LINGER);
    });
  }
}

/** makeApiServer makes a server that listens nowhere yet. */
export function makeApiServer(options: ApiServerOptions): Server {
  return new ApiServer(options).server;
}

/**
 * One HTTP server, on a Unix socket or behind TLS: accepts connections, finds out whose each is, bounds how
 * many and how slow they may be, and has their requests answered. What is signed is not its concern.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import type { Logger } from '@nodemgr/daemon';
import { closeAfter, isOver, statusOf, textOf } from '@nodemgr/http-front';
import { peerCredentialsOf } from '@nodemgr/native';
import { type CallerList, describeIdentity, type Identity } from '../caller-list.ts';
import { type Admitted, type AnswerOptions, answerRequest } from './answer-request.ts';
import { boundHandshakes } from './bound-handshakes.ts';
import {
  CHECK_MS,
  HANDSHAKE_MS,
  HANDSHAKES,
  LINGER,
  MAX_HEADER_BYTES,
  MAX_HEADERS,
  STALLED_MS,
  STOP_MS,
  TOLD_PER_SERVED,
} from './http-bounds.ts';
import type { RequestPlaces } from './request-places.ts';

/** identifyUser asks the kernel who connected a Unix socket. Throws as peerCredentialsOf does. */
function identifyUser(socket: Socket): Identity {
  return { kind: 'user', uid: peerCredentialsOf(socket).uid };
}

/** identifyCertificate takes what the TLS handshake has verified; throws an Error where it has not. */
function identifyCertificate(socket: TLSSocket): Identity {
  const certificate = socket.getPeerX509Certificate();
  if (!socket.authorized || certificate === undefined) {
    throw new Error('the client showed no certificate that counts');
  }
  const sha256 = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  // A list where a subject has several, which its type leaves out.
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string'
    ? { kind: 'certificate', sha256, commonName: name }
    : { kind: 'certificate', sha256 };
}

export interface SignServerOptions extends AnswerOptions {
  readonly callers: CallerList;
  /** Shared by all servers of the process, as `turns` and `refusals`. */
  readonly places: RequestPlaces;
  /** How long a request may take to arrive, and at most a handshake (milliseconds). */
  readonly requestMs: number;
  /** Requests under way of all callers; connections are a multiple. */
  readonly maxRequests: number;
  readonly log: Pick<Logger, 'info' | 'error'>;
}

/** Whoever is not on the list counts as one caller. No name on the list has a space. */
const STRANGER = 'not listed';

export class SignServer {
  readonly server: Server;
  readonly #options: SignServerOptions;
  readonly #admitted = new WeakMap<Socket, Admitted>();
  /** The one request of a connection. */
  readonly #asked = new WeakMap<Socket, IncomingMessage>();
  /** All of them, also those that have not spoken TLS yet. */
  readonly #sockets = new Set<Socket>();

  /** Without `tls` it is for a Unix socket. It listens nowhere yet. */
  constructor(options: SignServerOptions, tls?: TlsOptions) {
    this.#options = options;
    const { requestMs } = options;
    const bounds = {
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, requestMs),
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false,
    };
    this.server =
      tls === undefined
        ? createServer(bounds)
        : createTlsServer({
            ...bounds,
            ...tls,
            handshakeTimeout: Math.min(HANDSHAKE_MS, requestMs),
          });
    this.#bound(tls !== undefined);
    this.#listenToEvents(tls !== undefined);
  }

  /** close stops listening, lets requests under way be answered for a moment, then ends them. */
  async close(): Promise<void> {
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, STOP_MS);
    await new Promise((resolve) => this.server.close(resolve));
    clearTimeout(cut);
  }

  #bound(overTls: boolean): void {
    const { server } = this;
    // A client may end its side once it has asked (`nc -N` does), and still wants its answer.
    Object.assign(server, { httpAllowHalfOpen: true });
    server.timeout = STALLED_MS;
    server.maxRequestsPerSocket = 1;
    // One more than may be: enough to see that there are too many.
    server.maxHeadersCount = MAX_HEADERS + 1;
    // Those whose handshake is under way have room of their own: they take none from callers.
    const unknown = overTls ? HANDSHAKES.all : 0;
    server.maxConnections = unknown + this.#options.maxRequests * (1 + TOLD_PER_SERVED);
  }

  #listenToEvents(overTls: boolean): void {
    const { server } = this;
    server.on('connection', (socket: Socket) => this.#keep(socket));
    if (overTls) {
      const turnedAway = (why: string, address: string) =>
        this.#turnAway(why, `address ${address}`);
      boundHandshakes(server, { ...HANDSHAKES, turnedAway });
      server.on('secureConnection', (socket: TLSSocket) =>
        this.#admit(socket, identifyCertificate),
      );
      server.on('tlsClientError', (error: NodeJS.ErrnoException, { remoteAddress = 'gone' }) =>
        this.#turnAway(error.code ?? error.message, `address ${remoteAddress}`),
      );
    } else server.on('connection', (socket: Socket) => this.#admit(socket, identifyUser));
    server.on('request', (request, response) => this.#answer(request, response, false));
    server.on('checkContinue', (request, response) => this.#answer(request, response, true));
    server.on('clientError', (error, socket: Socket) => this.#closeBroken(error, socket));
    server.on('drop', () => this.#turnAway('there are too many connections'));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** Of a connection that is closed before it could ask. */
  #turnAway(why: string, who = STRANGER): void {
    this.#options.refusals.refused(STRANGER, { who, why });
  }

  #admit<S extends Socket>(socket: S, identify: (socket: S) => Identity): void {
    let identity: Identity;
    try {
      identity = identify(socket);
    } catch (error) {
      // It has gone already, or is nobody: neither has anything signed.
      this.#turnAway((error as Error).message);
      socket.destroy();
      return;
    }
    const { callers, places } = this.#options;
    const grant = callers.find(identity);
    const caller = grant?.name ?? STRANGER;
    const place = places.enter(caller);
    socket.once('close', () => places.leave(caller, place));
    const who = grant?.name ?? describeIdentity(identity);
    this.#admitted.set(socket, { caller, who, grant, place });
    if (place === 'closed') socket.destroy();
  }

  /** What comes behind the one request of a connection does not keep it from its answer, which closes it. */
  #closeBroken(error: NodeJS.ErrnoException, socket: Socket): void {
    // Over TLS also of a handshake that has failed.
    if (!this.#admitted.has(socket) || isOver(error, socket)) socket.destroy();
    else if (this.#asked.get(socket)?.complete === true) socket.pause();
    else if (socket.writable) closeAfter(socket, textOf(statusOf(error)), LINGER);
  }

  #answer(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const { socket } = request;
    const admitted = this.#admitted.get(socket);
    if (admitted === undefined) {
      socket.destroy();
      return;
    }
    this.#asked.set(socket, request);
    const exchange = { request, response, admitted, expectsContinue };
    answerRequest(exchange, this.#options).catch((error: unknown) => {
      const { log } = this.#options;
      log.error({ err: error, caller: admitted.who }, 'a request failed; its connection is closed');
      socket.destroy();
    });
  }
}

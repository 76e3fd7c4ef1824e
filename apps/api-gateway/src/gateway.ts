/**
 * The API as a whole: the table of methods behind HTTP servers, on ports that stand for everything
 * outside. It decides nothing; it puts the parts together and takes them apart.
 */
import { setMaxListeners } from 'node:events';
import type { Server } from 'node:http';
import type { Config } from '@nodemgr/config';
import { type ListenAt, type Listening, listen } from '@nodemgr/daemon';
import { DEFAULT_BOUNDS } from '@nodemgr/xml-rpc';
import { BodyAnswerer } from './api/answer-body.ts';
import type { Replica } from './api/api-method.ts';
import { CallDispatcher, type CallLog } from './api/dispatch-call.ts';
import { makeMethodTable } from './api/method-table.ts';
import type { IdentifyCaller } from './caller/identify-caller.ts';
import { Admission } from './http/admission.ts';
import { AnswerCompression } from './http/answer-compression.ts';
import { makeApiServer } from './http/api-server.ts';
import { ConnectionPlaces } from './http/connection-places.ts';
import { CrumbBans } from './http/crumb-bans.ts';
import { ANSWER_MS, BACKLOG, MAX_BEGUN_A_TURN } from './http/http-bounds.ts';
import { BodyRoom } from './http/read-body.ts';
import { RefusalLog } from './http/refusal-log.ts';
import { TurnRotation } from './http/turn-rotation.ts';
import { UnsentAnswers } from './http/unsent-answers.ts';
import type { MachineFacts } from './machine/machine-facts.ts';
import type { Writes } from './write/make-writes.ts';

/** What the API needs of the rest of the world. */
export interface GatewayPorts {
  readonly replica: Replica;
  /** Resolves once the replica holds a state, or has been waited for as long as callers should wait. */
  readonly heard: Promise<void>;
  readonly writes: Writes;
  readonly machine: MachineFacts;
  readonly identify: IdentifyCaller;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  readonly log: CallLog;
}

const LISTEN_TERMS = { backlog: BACKLOG, keys: { path: 'api.socket', port: 'api.tcp_port' } };
/**
 * Calls under way when the gateway is stopped have this long (milliseconds) to be answered; then they are told
 * so, and have the rest of CLOSE_MS to hear it.
 */
const STOP_MS = 300;
const CLOSE_MS = 500;
const STOPPING = 'the gateway is being stopped';
/** For the answers that clients have not read, of all connections together. */
const MAX_UNSENT_BYTES = 64 << 20;
/** For the bodies of all requests together, whatever a single one may be. */
const MIN_ROOM_BYTES = 64 << 20;

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.getConnections((error, count) => resolve(error === null ? count : 0));
  });
}

export class Gateway {
  readonly #servers: Server[] = [];
  readonly #dispatcher: CallDispatcher;
  readonly #makeServer: () => Server;
  readonly #cut = new AbortController();

  constructor(ports: GatewayPorts, limits: Config['api']) {
    const { identify, log, now } = ports;
    const { signal: cut } = this.#cut;
    // As many as there are calls under way.
    setMaxListeners(0, cut);
    const dispatcher = new CallDispatcher({ ...ports, table: makeMethodTable() });
    const bounds = {
      ...DEFAULT_BOUNDS,
      maxDepth: limits.max_depth,
      maxText: limits.max_body_bytes,
    };
    const answerer = new BodyAnswerer({ dispatcher, bounds, now });
    const room = new BodyRoom(Math.max(MIN_ROOM_BYTES, 2 * limits.max_body_bytes));
    const admission = new Admission({
      identify,
      places: new ConnectionPlaces(limits.max_connections),
      bans: new CrumbBans(now),
      refusals: new RefusalLog({ log, now }),
      log,
    });
    const turns = new TurnRotation(MAX_BEGUN_A_TURN);
    const compression = new AnswerCompression();
    const unsent = new UnsentAnswers({
      maxBytes: MAX_UNSENT_BYTES,
      dropped: (bytes) =>
        log.info({ bytes }, 'a connection was closed: its client did not read the answer'),
    });
    this.#dispatcher = dispatcher;
    this.#makeServer = () =>
      makeApiServer({
        admission,
        answer: (caller, body) => answerer.answer(caller, body),
        limits: {
          maxBodyBytes: limits.max_body_bytes,
          requestMs: limits.request_seconds * 1000,
          maxConnections: 2 * limits.max_connections,
          answerMs: ANSWER_MS,
        },
        cut,
        room,
        turns,
        compression,
        unsent,
        log,
      });
  }

  /** listen begins to answer calls at one more place; rejects with an error that names it. */
  async listen(at: ListenAt): Promise<Listening> {
    const server = this.#makeServer();
    const listening = await listen(server, at, LISTEN_TERMS);
    this.#servers.push(server);
    return listening;
  }

  /** counts says what was done since the start, and how many connections are open. */
  async counts(): Promise<{ calls: number; faults: number; connections: number }> {
    const open = await Promise.all(this.#servers.map(connectionsOf));
    const connections = open.reduce((sum, count) => sum + count, 0);
    const { calls, faults } = this.#dispatcher;
    return { calls, faults, connections };
  }

  /** close stops listening, lets calls under way be answered for a moment, then tells them that it ends. */
  async close(): Promise<void> {
    const cut = setTimeout(() => this.#cut.abort(STOPPING), STOP_MS);
    await Promise.all(this.#servers.map(closeServer));
    clearTimeout(cut);
  }
}

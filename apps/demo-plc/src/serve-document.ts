/** Serves the document, tickets and the API over HTTPS on 127.0.0.1: acts on what plan-answer.ts decides, one log line a request. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@nodemgr/daemon';
import type { ApiOffice } from './api-office.ts';
import type { Certificates } from './make-certificates.ts';
import {
  type AnswerPlan,
  API_PATH,
  isCall,
  planAnswer,
  planRefusal,
  planTicket,
  planUnreadable,
  ticketAskedFor,
} from './plan-answer.ts';
import type { DocumentFile, ServedDocument } from './served-document.ts';
import type { TicketOffice } from './ticket-office.ts';

export interface ServeOptions {
  readonly file: DocumentFile;
  readonly tickets: TicketOffice;
  readonly api: Pick<ApiOffice, 'serve'>;
  readonly certificates: Pick<Certificates, 'server' | 'serverKey'>;
  /** 0: whatever is free. */
  readonly port: number;
  readonly log: Logger;
}

export interface DocumentServer {
  /** Of the server: `/slices.xml` and `/tickets/SLICE.xml` are below it. */
  readonly origin: string;
  /** Of the document. */
  readonly url: string;
  /** Of the API. */
  readonly apiUrl: string;
  /** use serves new connections with these from here on. */
  use(certificates: ServeOptions['certificates']): void;
  close(): Promise<void>;
}

/** How long a request may take to arrive, milliseconds. */
const REQUEST_MS = 10_000;

async function readCurrent(file: DocumentFile, log: Logger): Promise<ServedDocument | undefined> {
  try {
    return await file.current();
  } catch (error) {
    log.warn({ err: error }, 'the document cannot be read; the client is told to come back');
    return undefined;
  }
}

/** What a request is answered with. */
interface Reply extends Omit<AnswerPlan, 'body'> {
  readonly body?: Buffer;
}

async function replyWithDocument(
  request: IncomingMessage,
  document: ServedDocument | undefined,
): Promise<Reply> {
  const { body, ...plan } = planAnswer(request, document);
  const bytes = body === 'none' ? undefined : await document?.body(body);
  return bytes === undefined ? plan : { ...plan, body: bytes };
}

async function replyWithTicket(
  name: string,
  document: ServedDocument,
  { tickets, log }: ServeOptions,
): Promise<Reply> {
  try {
    const answer = await tickets.issue(document, name, Math.floor(Date.now() / 1000));
    const plan = planTicket(answer);
    const text = answer.issued ? answer.ticket : `${answer.why}\n`;
    return { ...plan, body: Buffer.from(text) };
  } catch (error) {
    const text = 'the document cannot be read for tickets; the client is told';
    log.warn({ err: error, slice: name }, text);
    return planUnreadable();
  }
}

async function replyTo(request: IncomingMessage, options: ServeOptions): Promise<Reply> {
  const refusal = planRefusal(request);
  if (refusal !== undefined) return { status: refusal.status, headers: refusal.headers };
  const document = await readCurrent(options.file, options.log);
  const name = ticketAskedFor(request);
  if (name === undefined || document === undefined) return replyWithDocument(request, document);
  return replyWithTicket(name, document, options);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServeOptions,
): Promise<void> {
  const started = performance.now();
  const { method, url } = request;
  if (isCall(request)) return options.api.serve(request, response);
  const { status, headers, body } = await replyTo(request, options);
  // A 304 has no content of its own whose length could be told (RFC 9110, 8.6).
  const length = status === 304 ? {} : { 'content-length': body?.length ?? 0 };
  response.writeHead(status, { ...headers, ...length });
  response.end(method === 'HEAD' ? undefined : body);
  const ms = Math.round(performance.now() - started);
  // A poll that changes nothing comes every few seconds, for ever.
  const level = status === 304 ? 'debug' : 'info';
  const encoding = headers['content-encoding'] ?? 'identity';
  options.log[level]({ method, url, status, encoding, bytes: body?.length, ms }, 'request');
}

/** serveDocument serves until it is closed; rejects when the port cannot be had. */
export async function serveDocument(options: ServeOptions): Promise<DocumentServer> {
  const { certificates, port, log } = options;
  const { server: cert, serverKey: key } = certificates;
  const server = createServer({ cert, key, requestTimeout: REQUEST_MS });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response, options).catch((error: unknown) => {
      log.error({ err: error, url: request.url }, 'a request could not be answered; it is cut off');
      response.destroy();
    });
  });
  server.on('tlsClientError', (error) => log.warn({ err: error }, 'a client failed at TLS'));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is an object (net.Server.address).
  const address = server.address() as AddressInfo;
  const origin = `https://127.0.0.1:${address.port}`;
  return {
    origin,
    url: `${origin}/slices.xml`,
    apiUrl: `${origin}${API_PATH}`,
    use: ({ server: cert, serverKey: key }) => server.setSecureContext({ cert, key }),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

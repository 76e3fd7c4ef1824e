/** Serves the document over HTTPS on 127.0.0.1: acts on what plan-answer.ts decides, one log line a request. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@nodemgr/daemon';
import type { Certificates } from './make-certificates.ts';
import { planAnswer, planRefusal } from './plan-answer.ts';
import type { DocumentFile, ServedDocument } from './served-document.ts';

export interface ServeOptions {
  readonly file: DocumentFile;
  readonly certificates: Pick<Certificates, 'server' | 'serverKey'>;
  /** 0: whatever is free. */
  readonly port: number;
  readonly log: Logger;
}

export interface DocumentServer {
  readonly url: string;
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

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { file, log }: ServeOptions,
): Promise<void> {
  const started = performance.now();
  const { method, url } = request;
  const refusal = planRefusal(request);
  const document = refusal === undefined ? await readCurrent(file, log) : undefined;
  const plan = refusal ?? planAnswer(request, document);
  const body = plan.body === 'none' ? undefined : await document?.body(plan.body);
  // A 304 has no content of its own whose length could be told (RFC 9110, 8.6).
  const length = plan.status === 304 ? {} : { 'content-length': body?.length ?? 0 };
  response.writeHead(plan.status, { ...plan.headers, ...length });
  response.end(method === 'HEAD' ? undefined : body);
  const ms = Math.round(performance.now() - started);
  // A poll that changes nothing comes every few seconds, for ever.
  const level = plan.status === 304 ? 'debug' : 'info';
  log[level](
    { method, url, status: plan.status, encoding: plan.body, bytes: body?.length, ms },
    'request',
  );
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
  return {
    url: `https://127.0.0.1:${address.port}/slices.xml`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

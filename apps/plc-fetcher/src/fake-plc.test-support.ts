/** A PLC for tests: a real HTTPS server on 127.0.0.1 that answers as the test says. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { makeAuthority } from './certificates.test-support.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakePlc {
  readonly url: string;
  readonly caFile: string;
  /** The server's own, in PEM. */
  readonly certificate: string;
  /** Headers of all requests so far. */
  readonly requests: IncomingMessage['headers'][];
  answer: Answer;
  close(): Promise<void>;
}

export async function startFakePlc(
  folder: string,
  options: SecureContextOptions = {},
): Promise<FakePlc> {
  const { ca, cert, key } = await makeAuthority('Test PLC');
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, ca);
  const server = createServer({ cert, key, ...options });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  const plc: FakePlc = {
    url: `https://127.0.0.1:${port}/slices.xml`,
    caFile,
    certificate: cert,
    requests: [],
    answer: (_request, response) => response.writeHead(404).end(),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('request', (request, response) => {
    plc.requests.push(request.headers);
    plc.answer(request, response);
  });
  return plc;
}

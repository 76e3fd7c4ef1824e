import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, test } from 'vitest';
import { ApiRequest } from './api-request.ts';

test('once a connection is destroyed, nothing more of what was read from it is parsed', async () => {
  let requests = 0;
  const server = createServer(
    { IncomingMessage: ApiRequest, requireHostHeader: false },
    (request) => {
      requests += 1;
      if (requests === 10) request.socket.destroy();
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect(port, '127.0.0.1').on('error', () => undefined);
  client.write('POST / HTTP/1.1\r\n\r\n'.repeat(2000));
  await once(client, 'close');
  expect(requests).toBe(10);
  server.close();
  await once(server, 'close');
});

/** Tenants that take all they can get, as real users over both sockets. Becoming one needs root. */
import { nodeAccountsFrom } from '@nodemgr/node-accounts';
import { needs } from '@nodemgr/testkit';
import { encodeCall } from '@nodemgr/xml-rpc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EISENTEST, SIRIUS } from '../test-kit/pretended-node.ts';
import { post } from '../test-kit/raw-client.ts';
import type { RunningGateway } from '../test-kit/running-gateway.ts';
import {
  addressOf,
  GREEDY,
  POLITE,
  startGatewayForUsers,
  UserClients,
} from '../test-kit/user-clients.ts';

const RANGE = 1_879_048_192;
const VICTIM_UID = 30_001;
const ACCOUNTS = nodeAccountsFrom(
  `${SIRIUS}:x:30000:1::/:/shell\n${EISENTEST}:x:${VICTIM_UID}:1::/:/shell`,
  `${SIRIUS}:${RANGE}:65536`,
  { sliver: '/shell', delegate: '/proxy' },
);
const PLACES = 200;

let running: RunningGateway;
const clients = new UserClients();
beforeEach(async () => {
  running = await startGatewayForUsers(ACCOUNTS, PLACES);
});
afterEach(async () => {
  clients.end();
  await running.stop();
});

const LONG = `<methodCall><methodName>Help</methodName><params>${'<param><value/></param>'.repeat(5000)}</params></methodCall>`;
const DOINGS = [
  ['says nothing', ''],
  ['asks half a question', 'POST / HTTP/1.1|Content-Length: 100||<'],
  ['asks without end', 'POST / HTTP/1.1||'.repeat(500)],
  ['asks at great length', `POST / HTTP/1.1|Content-Length: ${LONG.length}||${LONG}`],
  ['asks in crumbs', `POST / HTTP/1.1|Transfer-Encoding: chunked||${'1|x|'.repeat(5000)}`],
] as const;

const { missing, note } = needs('root');

describe.skipIf(missing)(`a tenant with many user ids${note}`, () => {
  const cases = (['unix', 'tcp'] as const).flatMap((place) =>
    DOINGS.map(([doing, text]) => [doing, place, text] as const),
  );

  test.each(cases)(
    'that %s on every connection that %s gives it keeps nobody out',
    async (...given) => {
      const [, place, text] = given;
      const uids = [30_000, RANGE, RANGE + 65_535];
      await Promise.all(
        uids.map((uid) => clients.printed(uid, GREEDY, addressOf(running, place), text)),
      );
      const question = post(encodeCall('GetLoans', [EISENTEST]));
      for (const uid of [VICTIM_UID, 0]) {
        for (const way of ['unix', 'tcp'] as const) {
          expect(await clients.printed(uid, POLITE, addressOf(running, way), question)).toMatch(
            /^HTTP\/1\.1 200 OK/,
          );
        }
      }
      const connections = async () => (await running.gateway.counts()).connections;
      await expect.poll(connections).toBeLessThan(PLACES);
    },
  );
});

/** Ordinary users of the node, one of whom takes all it can get, as real users over both sockets. */
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeAccountsFrom } from '@nodemgr/node-accounts';
import { needs } from '@nodemgr/testkit';
import { encodeCall } from '@nodemgr/xml-rpc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EISENTEST, GOOD_TICKET, PretendedNode } from '../test-kit/pretended-node.ts';
import { post } from '../test-kit/raw-client.ts';
import type { RunningGateway } from '../test-kit/running-gateway.ts';
import {
  addressOf,
  GREEDY,
  POLITE,
  startGatewayForUsers,
  UserClients,
} from '../test-kit/user-clients.ts';
import { writesThrough } from '../write/make-writes.ts';

const TENANT_UID = 30_001;
const OTHER_UID = 1001;
const ACCOUNTS = nodeAccountsFrom(`${EISENTEST}:x:${TENANT_UID}:1::/:/shell`, '', {
  sliver: '/shell',
  delegate: '/proxy',
});
const PLACES = 200;
/** What db-service takes for a ticket here: 12 connections' first ones a second and a half. */
const VERIFY_MS = 100;
/** Of those that are asked ahead on each connection. */
const BAD_TICKETS = post(encodeCall('Ticket', ['<ticket>bad</ticket>']))
  .replaceAll('\r\n', '|')
  .repeat(80);
const DELIVERY = post(encodeCall('Ticket', [GOOD_TICKET]));

/** Writes as the gateway makes them, to a db-service that takes its time for each ticket. */
function slowWrites() {
  const node = new PretendedNode();
  return writesThrough({
    send: () => Promise.reject(new Error('nothing is changed here')),
    sendTicket: async (ticket, { caller }) => {
      await sleep(VERIFY_MS);
      return node.deliver(ticket, { kind: 'nobody', why: caller });
    },
    reached: async () => undefined,
    pause: async () => false,
    now: () => performance.now(),
    newRequestId: () => 'request',
    writeMs: 5000,
  });
}

let running: RunningGateway;
const clients = new UserClients();
beforeEach(async () => {
  running = await startGatewayForUsers(ACCOUNTS, PLACES);
  const { deliver } = slowWrites();
  running.node.deliver = deliver;
});
afterEach(async () => {
  clients.end();
  await running.stop();
});

const { missing, note } = needs('root');

describe.skipIf(missing)(`an ordinary user${note}`, () => {
  const cases = (['unix', 'tcp'] as const).flatMap((place) => [
    [place, 'its own id', [1000]] as const,
    [place, 'its own id and a range of others', [1000, 100_000, 100_001, 165_535]] as const,
  ]);

  test.each(cases)(
    'that delivers bad tickets on every connection that %s gives %s keeps no other from delivering one',
    async (place, _, uids) => {
      const address = addressOf(running, place);
      await Promise.all(uids.map((uid) => clients.printed(uid, GREEDY, address, BAD_TICKETS)));
      for (const uid of [OTHER_UID, TENANT_UID]) {
        for (const way of ['unix', 'tcp'] as const) {
          const answer = await clients.printed(uid, POLITE, addressOf(running, way), DELIVERY);
          expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
          expect(answer).toContain(EISENTEST);
        }
      }
      const delivered = running.logged.filter(({ outcome }) => outcome === 'created');
      const theirs = ['uid 1001', `sliver ${EISENTEST}`];
      expect(delivered.map(({ caller }) => caller)).toEqual(theirs.flatMap((name) => [name, name]));
      for (const { ms } of delivered) expect(ms).toBeLessThan(20 * VERIFY_MS);
      const refused = running.logged.filter(({ msg }) => String(msg).startsWith('refused'));
      expect(refused.map(({ caller }) => caller)).not.toContain('uid 1001');
    },
  );
});

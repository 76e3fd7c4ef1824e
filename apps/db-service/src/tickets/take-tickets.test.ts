/** Tickets with real signatures on a real database: what is accepted, what is refused, and what it costs. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_TICKET_SIZE } from '@nodemgr/contracts';
import { FailureBoard, TrustedClock } from '@nodemgr/daemon';
import { accountName, DEFAULT_IMAGE, epochSeconds, type SliverRecord } from '@nodemgr/records';
import { MAX_TICKET_BYTES, signTicket, type TicketContent } from '@nodemgr/tickets';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  anUpdate,
  aSliver,
  FakeClock,
  keyOf,
  NOON,
  openService,
  READABLE,
  type Service,
  temporaryFolder,
} from '../test-support/builders.test-support.ts';
import { RationedWork } from './rationed-work.ts';
import { Tickets } from './take-tickets.ts';
import { TrustedKeysFile } from './trusted-keys-file.ts';

const NODE_ID = 17;
const NAME = accountName('site_ticketed');
const KEY = keyOf(NAME);
const POLICY = { require_sync: true, jump_seconds: 30, settle_seconds: 300 };

function makeKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    public: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    private: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const authority = makeKeys();
const stranger = makeKeys();

interface Terms extends Partial<Omit<TicketContent, 'issued' | 'expiry'>> {
  readonly issued?: number;
  readonly expiry?: number;
}

function ticketOf({ issued = NOON, expiry = NOON + 1000, ...terms }: Terms = {}, by = authority) {
  const content: TicketContent = {
    name: NAME,
    id: 77,
    nodes: [{ id: NODE_ID }],
    ssh_keys: '',
    rspec: { nm_cpu_share: 7 },
    initscript: '',
    image: DEFAULT_IMAGE,
    delegations: [],
    ...terms,
    issued: epochSeconds(issued),
    expiry: epochSeconds(expiry),
  };
  return signTicket(content, by.private);
}

let file: string;
let keysFile: string;
let clock: FakeClock;
let service: Service;
let tickets: Tickets;
let logged: Record<string, unknown>[];

beforeEach(() => {
  const folder = temporaryFolder();
  file = join(folder, 'nodemgr.sqlite');
  keysFile = join(folder, 'keys.pem');
  writeFileSync(keysFile, authority.public, { mode: 0o644 });
  clock = new FakeClock();
  logged = [];
  open();
});

function open(): void {
  service = openService(file, { clock });
  const info = (fields: object, text: string) => logged.push({ ...fields, text });
  const log = { info, error: info } as unknown as ConstructorParameters<typeof Tickets>[0]['log'];
  tickets = new Tickets({
    keeper: service.keeper,
    clock: new TrustedClock(clock, POLICY),
    nodeId: NODE_ID,
    allowRsaSha1: false,
    sweep: () => service.deliveries.sweep(),
    trustedKeys: new TrustedKeysFile({ path: keysFile, failures: new FailureBoard(), log }),
    // Nothing takes time here: the ration has a test of its own.
    ration: new RationedWork({
      what: 'tickets',
      now: () => 0,
      pause: async () => true,
      maxWaiting: 1,
      maxWaitMs: 1,
    }),
    log,
  });
}

let requests = 0;

function deliver(ticket: string, request_id?: string) {
  requests += 1;
  return tickets.deliver({
    request_id: request_id ?? `request-${requests}`,
    ticket,
    caller: 'nobody',
  });
}

const held = () => service.keeper.state.records.get(KEY);

describe('trusted tickets', () => {
  test('a ticket that a trusted key has signed is durable when it is answered, with who signed and who delivered it in the history', async () => {
    const answer = await deliver(ticketOf());
    expect(answer).toEqual({ revision: 1, sliver: NAME, outcome: 'created' });
    service.loaded.store.close();
    open();
    expect(held()).toMatchObject({ source: 'ticket', record: { plc_instantiated: false } });
    const { events } = service.keeper.events({ limit: 10 });
    expect(events).toMatchObject([
      { account: NAME, what: 'record-created', by: { kind: 'ticket' } },
    ]);
    expect(events[0]?.why).toMatch(
      /^named in a ticket, signed by [0-9a-f]{64}, delivered by nobody, until 20/,
    );
  });

  test('a ticket that a trusted key has signed is logged by what it grants, never as it is', async () => {
    await deliver(ticketOf());
    expect(logged).toEqual([
      {
        caller: 'nobody',
        sliver: NAME,
        issued: NOON,
        expiry: NOON + 1000,
        signer: expect.stringMatching(/^[0-9a-f]{64}$/),
        outcome: 'created',
        revision: 1,
        text: 'a ticket was verified, and what it changes made durable',
      },
    ]);
  });

  test('replayed byte by byte costs nothing and changes nothing, whoever is trusted by now', async () => {
    const ticket = ticketOf();
    await deliver(ticket);
    service.loaded.store.close();
    open();
    writeFileSync(keysFile, '');
    expect(await deliver(ticket)).toEqual({ revision: 1, sliver: NAME, outcome: 'unchanged' });
    expect(service.published).toEqual([]);
  });

  test('written in other bytes writes nothing, not even its request', async () => {
    await deliver(ticketOf());
    const { state } = service.keeper;
    const wal = readFileSync(`${file}-wal`);
    // With this curve no two signatures are the same.
    const answer = await deliver(ticketOf(), 'request-respelled');
    expect(answer).toEqual({ revision: 1, sliver: NAME, outcome: 'unchanged' });
    expect(service.keeper.state).toBe(state);
    expect(readFileSync(`${file}-wal`).equals(wal)).toBe(true);
  });

  test('a ticket that a trusted key has signed is renewed by a later one, after which the earlier one is refused', async () => {
    const first = ticketOf();
    await deliver(first);
    const second = ticketOf({ issued: NOON + 1, expiry: NOON + 5000 });
    expect(await deliver(second)).toMatchObject({ outcome: 'renewed', revision: 2 });
    expect(held()?.record.expiry).toBe(NOON + 5000);
    await expect(deliver(first)).rejects.toThrow(/a later word on site_ticketed/);
  });

  test('whose answer was lost is answered as before, though a later one has come between', async () => {
    const ticket = ticketOf();
    await deliver(ticket, 'request-lost');
    await deliver(ticketOf({ issued: NOON + 1 }));
    expect(await deliver(ticket, 'request-lost')).toMatchObject({ outcome: 'unchanged' });
  });
});

describe('refused tickets', () => {
  test.each([
    ['that nobody signed whom this node trusts', () => ticketOf({}, stranger), /no key that this/],
    ['that was changed', () => ticketOf().replace('id="77"', 'id="78"'), /changed after it was/],
    ['for another node', () => ticketOf({ nodes: [{ id: 18 }] }), /does not name this node \(17\)/],
    ['that has expired', () => ticketOf({ issued: NOON - 9, expiry: NOON - 1 }), /it expired at/],
    ['from the future', () => ticketOf({ issued: NOON + 301 }), /which is in the future/],
    ['that is rubbish', () => 'hello', /the ticket is refused: /],
    ['that is too big', () => 'x'.repeat(300_000), /the ticket is refused: /],
    [
      'of too many elements',
      () => `<ticket>${'<a/>'.repeat(1200)}</ticket>`,
      /more than 1200 elements/,
    ],
  ])('%s', async (_what, ticket, why) => {
    await expect(deliver(ticket())).rejects.toThrow(why);
    expect(held()).toBeUndefined();
    expect(logged).toEqual([
      expect.objectContaining({ caller: 'nobody', reason: expect.stringMatching(why) }),
    ]);
  });

  test('a ticket is refused, and nothing changes, once its signer is no longer on the list', async () => {
    const [first, second] = [ticketOf(), ticketOf({ issued: NOON + 1 })];
    await deliver(first);
    writeFileSync(keysFile, stranger.public);
    await expect(deliver(second)).rejects.toMatchObject({ kind: 'permission-denied' });
    expect(held()).toBeDefined();
  });
});

test('at its end a ticket’s sliver goes, and the ticket does not bring it back', async () => {
  const ticket = ticketOf();
  await deliver(ticket);
  clock.pass(1000);
  service.deliveries.sweep();
  expect(service.keeper.state.removed.get(KEY)?.reason).toBe('expired');
  await expect(deliver(ticket)).rejects.toThrow(/it expired at/);
});

test('once PLC’s time for a slice is over no ticket counts from before PLC last vouched for it', async () => {
  const lasting = { expiry: NOON + 1_000_000 };
  const [first, second] = [ticketOf(lasting), ticketOf({ ...lasting, issued: NOON + 8 })];
  await deliver(first);
  const records = [aSliver({ name: NAME, expiry: NOON + 1000 })];
  const document = anUpdate({ records });
  const vouch = (request_id: string, timestamp: number) => {
    const { source, digest } = document;
    const when = { timestamp: epochSeconds(timestamp), fresh: true, ...READABLE };
    return service.deliveries.full({ request_id, source, digest, ...when, records });
  };
  vouch('document-1', NOON + 5);
  expect(held()?.source).toBe('plc');
  // Unchanged: of this one nothing is stored.
  expect(vouch('document-2', NOON + 9)).toMatchObject({ written: 0 });
  clock.pass(1001);
  service.deliveries.sweep();
  expect(held()).toBeUndefined();
  for (const ticket of [first, second]) {
    await expect(deliver(ticket)).rejects.toThrow(/a later word on site_ticketed/);
  }
  vouch('document-3', NOON + 1001);
  const { state } = service.keeper;
  vouch('document-4', NOON + 1002);
  expect(service.keeper.state).toBe(state);
  const newer = ticketOf({ ...lasting, issued: NOON + 1001 });
  expect(await deliver(newer)).toMatchObject({ outcome: 'created' });
});

test('the bus carries no bigger ticket than is ever read', () => {
  expect(MAX_TICKET_SIZE).toBe(MAX_TICKET_BYTES);
});

/** PLC says at `timestamp` that these are all of its slices. */
function plcSays(timestamp: number, ...records: readonly SliverRecord[]): void {
  const { source, digest } = anUpdate({ records });
  const when = { timestamp: epochSeconds(timestamp), fresh: true, ...READABLE };
  service.deliveries.full({ request_id: `at-${timestamp}`, source, digest, ...when, records });
}

test('a ticket in the second after the end of PLC’s record is no more held against it', async () => {
  plcSays(NOON, aSliver({ name: NAME, expiry: NOON + 10 }));
  clock.pass(10);
  const answer = await deliver(ticketOf({ issued: NOON + 10 }));
  expect(answer.outcome).toBe('created');
});

describe('what PLC has said is not undone by an older ticket, though the database was damaged', () => {
  const OTHERS = ['a_a', 'b_b', 'c_c'].map((name) => aSliver({ name }));

  function inFile(sql: string): void {
    const db = new Database(file);
    db.exec(sql);
    db.close();
  }

  test.each([
    ['the word itself', [], () => inFile("UPDATE last_words SET body = '?'")],
    ['the whole file', [], () => writeFileSync(file, 'not a database')],
    [
      'PLC’s own record',
      [aSliver({ name: NAME, ssh_keys: 'new' })],
      () => inFile(`UPDATE records SET body = '?' WHERE key = '${KEY}'`),
    ],
    [
      'PLC’s own record, of which an older word is left,',
      [aSliver({ name: NAME, ssh_keys: 'newer' })],
      () => inFile(`DELETE FROM records WHERE key = '${KEY}'; DROP TABLE sources`),
    ],
  ])('where %s was lost', async (_what, last, damage) => {
    await deliver(ticketOf({ issued: NOON - 9 }));
    plcSays(NOON - 5, aSliver({ name: NAME }), ...OTHERS);
    plcSays(NOON + 5, ...last, ...OTHERS);
    service.loaded.store.close();
    clock.pass(10);
    damage();
    open();
    expect(service.keeper.state.records.has(KEY)).toBe(false);
    const between = ticketOf({ issued: NOON - 1, expiry: NOON + 9000 });
    await expect(deliver(between)).rejects.toThrow(/a later word/);
    const after = ticketOf({ issued: NOON + 10, expiry: NOON + 9000 });
    expect(await deliver(after)).toMatchObject({ outcome: 'created' });
  });
});

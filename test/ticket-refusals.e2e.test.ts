/** What a node does with tickets that do not count, and with a list of trusted keys that cannot be used. */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCalls } from '@nodemgr/bus';
import {
  type DeliverContract,
  deliverContract,
  endpointsBelow,
  writeContract,
} from '@nodemgr/contracts';
import { epochSeconds } from '@nodemgr/records';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { DemoNode } from './support/demo-node.ts';
import { aDocument } from './support/slices-document.ts';
import { nowSeconds, TicketAuthority } from './support/ticket-authority.ts';

const NAME = 'site_ticketed';
const authority = new TicketAuthority();
const stranger = new TicketAuthority();
let folder: string;
let keys: string;
let node: DemoNode;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'refusals-'));
  keys = join(folder, 'ticket-keys.pem');
  vi.stubEnv('NODEMGR_TICKETS__TRUSTED_KEYS_FILE', keys);
  node = await DemoNode.start({ slices: aDocument({ name: 'site_a' }) });
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await node.destroy();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  rmSync(keys, { force: true });
  writeFileSync(keys, authority.publicPem, { mode: 0o644 });
});

const refusalOf = (ticket: unknown) => node.tcp().faultOf('Ticket', ticket);

describe('a ticket is refused', () => {
  test.each([
    ['that is rubbish', () => 'hello', 102, /^the ticket is refused: /],
    ['that is empty', () => '', 102, /it is empty$/],
    ['that is huge', () => 'x'.repeat(600_000), 102, /has 600000 bytes; at most 262144 are read$/],
    ['for another node', () => authority.sign({ name: NAME, nodes: [18] }), 102, /not name this/],
    ['that is over', () => authority.sign({ name: NAME, issued: 1, expiry: 2 }), 102, /it expired/],
    ['by a stranger', () => stranger.sign({ name: NAME }), 108, /no key that this node trusts/],
    [
      'that was changed',
      () => authority.sign({ name: NAME }).replace(NAME, 'site_other'),
      102,
      /changed after it was signed$/,
    ],
    [
      'with a DTD',
      () => authority.sign({ name: NAME }).replace('<ticket', '<!DOCTYPE ticket><ticket'),
      102,
      /is not allowed in a ticket$/,
    ],
  ])('%s, in one line that says why', async (_what, ticket, code, why) => {
    expect(await refusalOf(ticket())).toEqual([code, expect.stringMatching(why)]);
    expect(await node.tcp().faultOf('GetRSpec', NAME)).toEqual([102, `no such sliver: '${NAME}'`]);
  });

  test('by db-service itself: a gateway that has been taken over cannot forge one', async () => {
    const { write } = endpointsBelow(join(node.state, 'run'));
    const client = connectCalls({ path: write, contract: writeContract });
    const deliver = (ticket: string) =>
      client.call(
        'deliver_ticket',
        { request_id: randomUUID(), ticket, caller: 'root' },
        { deadlineMs: 5000 },
      );
    const forged = stranger.sign({ name: NAME });
    await expect(deliver(forged)).rejects.toMatchObject({ kind: 'permission-denied' });
    const grafted = authority.sign({ name: 'site_a' }).replaceAll('site_a', NAME);
    await expect(deliver(grafted)).rejects.toMatchObject({ kind: 'bad-argument' });
    client.close();
    expect((await node.tcp().faultOf('GetRSpec', NAME))[0]).toBe(102);
  });

  test('unsigned by whatever way: plc-fetcher’s endpoint takes no record by itself', async () => {
    const { deliver } = endpointsBelow(join(node.state, 'run'));
    const client = connectCalls({ path: deliver, contract: deliverContract });
    const call = client.call('single_record' as keyof DeliverContract & string, {} as never, {
      deadlineMs: 5000,
    });
    await expect(call).rejects.toThrow();
    const update = {
      request_id: randomUUID(),
      source: 'ticket',
      timestamp: epochSeconds(nowSeconds()),
      digest: 'a'.repeat(64),
      fresh: true,
      records: [],
      unreadable: [],
      remarks: [],
    } as const;
    const inBulk = client.call('full_update', update, { deadlineMs: 5000 });
    await expect(inBulk).rejects.toMatchObject({ kind: 'bad-argument' });
    client.close();
  });
});

describe('the list of trusted keys', () => {
  const NONE =
    /^db-service cannot make the change now: this node accepts no tickets now: it has no/;
  const UNFIT = /this node accepts no tickets now: its list of trusted keys cannot be used/;

  test('may be missing: then no ticket is accepted, and the fault says so', async () => {
    rmSync(keys);
    const ticket = authority.sign({ name: NAME });
    expect(await refusalOf(ticket)).toEqual([111, expect.stringMatching(NONE)]);
  });

  test('is not used while others may write it; the operator is told why, the caller is not', async () => {
    chmodSync(keys, 0o666);
    const [code, text] = await refusalOf(authority.sign({ name: NAME }));
    expect([code, text]).toEqual([111, expect.stringMatching(UNFIT)]);
    expect(text).not.toContain(keys);
    expect((await node.database()).failures).toMatchObject([
      {
        subject: 'tickets',
        reason: expect.stringMatching(/0666: others than its owner may write/),
      },
    ]);
  });

  test('can be changed while the node runs', async () => {
    const name = 'site_rotated';
    const [first, second] = [authority, stranger].map((by, at) =>
      by.sign({ name, issued: nowSeconds() - 10 + at }),
    );
    expect(await node.tcp().call('Ticket', first)).toBe(name);
    expect((await refusalOf(second))[0]).toBe(108);
    writeFileSync(keys, stranger.publicPem);
    expect(await node.tcp().call('Ticket', second)).toBe(name);
    expect((await node.database()).failures).toEqual([]);
  });
});

test('no ticket is in any log, and each that was accepted has its line', async () => {
  const ticket = authority.sign({ name: 'site_logged', ssh_keys: '' });
  await node.tcp().call('Ticket', ticket);
  const logOf = (daemon: string) => readFileSync(join(node.state, `log/${daemon}.log`), 'utf8');
  await node.eventually(() => {
    const line = logOf('db-service')
      .split('\n')
      .find((each) => each.includes('"sliver":"site_logged"'));
    expect(line).toMatch(/"issued":\d+,"expiry":\d+,"signer":"[0-9a-f]{64}","outcome":"created"/);
  });
  for (const daemon of ['db-service', 'api-gateway']) {
    expect(logOf(daemon)).not.toMatch(/SignatureValue|<ticket/);
  }
});

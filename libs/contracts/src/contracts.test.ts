import { NO_LOCAL_FACTS } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { deliverContract } from './deliver.ts';
import { eventSchema, eventsMethod, eventText, MAX_WHY } from './events.ts';
import { feedItemSchema } from './feed.ts';
import { remarkText } from './remark.ts';
import { MAX_TICKET_SIZE, writeContract } from './write.ts';

const REQUEST = { request_id: '00000000-0000', sliver: 'princeton_sirius', caller: 'root' };

describe('what api-gateway may write', () => {
  test('is loans, run state and tickets: no method takes a key, a record or an RSpec', () => {
    expect(Object.keys(writeContract).sort()).toEqual([
      'create_sliver',
      'delete_sliver',
      'deliver_ticket',
      'recreate',
      'set_loans',
      'start',
      'stop',
    ]);
    for (const { params } of Object.values(writeContract)) {
      const smuggled = { ...REQUEST, loans: [], ssh_keys: 'ssh-ed25519 AAAA', rspec: {} };
      expect(params.safeParse(smuggled).success).toBe(false);
    }
  });

  test.each([
    ['a name that is a path', { ...REQUEST, sliver: '../../etc/passwd' }],
    ['a short request id', { ...REQUEST, request_id: 'x' }],
    ['no caller', { request_id: REQUEST.request_id, sliver: REQUEST.sliver }],
  ])('is refused with %s', (_what, params) => {
    expect(writeContract.start.params.safeParse(params).success).toBe(false);
  });

  test('bounds loans in number, in bytes and to whole amounts', () => {
    const fits = (loans: unknown) =>
      writeContract.set_loans.params.safeParse({ ...REQUEST, loans }).success;
    const loan = ['a_a', 'nm_cpu_share', 1];
    expect(fits([loan])).toBe(true);
    expect(fits(Array.from({ length: 1001 }, () => loan))).toBe(false);
    expect(fits([['€'.repeat(64), 'nm_cpu_share', 1]])).toBe(false);
    expect(fits([['a'.repeat(65), 'nm_cpu_share', 1]])).toBe(false);
    expect(fits([['a_a', 'nm_cpu_share', 1.5]])).toBe(false);
  });
});

describe('a ticket', () => {
  const fits = (ticket: unknown) => {
    const { sliver: _, ...request } = REQUEST;
    return writeContract.deliver_ticket.params.safeParse({ ...request, ticket }).success;
  };

  test('comes as text of bounded length, and its sliver is not the gateway’s to name', () => {
    expect(fits('<ticket/>')).toBe(true);
    expect(fits('')).toBe(false);
    expect(fits('x'.repeat(MAX_TICKET_SIZE))).toBe(true);
    expect(fits('x'.repeat(MAX_TICKET_SIZE + 1))).toBe(false);
    expect(fits('é'.repeat(MAX_TICKET_SIZE / 2 + 1))).toBe(false);
    const named = { ...REQUEST, ticket: '<ticket/>' };
    expect(writeContract.deliver_ticket.params.safeParse(named).success).toBe(false);
  });
});

describe('a full update', () => {
  const update = {
    request_id: '00000000-0000',
    source: 'plc',
    timestamp: 1_700_000_000,
    digest: 'a'.repeat(64),
    fresh: true,
    records: [],
    unreadable: [],
    remarks: [],
  };
  const fits = (params: unknown) => deliverContract.full_update.params.safeParse(params).success;

  test('may hold a bad record: it holds up nothing but itself', () => {
    expect(fits({ ...update, records: ['not a record'] })).toBe(true);
  });

  test('has a known source, a digest and a bounded number of records', () => {
    expect(fits(update)).toBe(true);
    expect(fits({ ...update, source: 'config' })).toBe(true);
    expect(fits({ ...update, source: 'rumour' })).toBe(false);
    expect(fits({ ...update, digest: 'short' })).toBe(false);
    expect(fits({ ...update, records: Array.from({ length: 10_003 }, () => ({})) })).toBe(false);
  });

  test('says of which record it leaves what unreadable: neither its name nor its time', () => {
    const of = (...fields: readonly string[]) =>
      fits({ ...update, unreadable: [{ record_key: 'sliver_a_b', fields }] });
    expect(of('id', 'expiry')).toBe(true);
    expect(of('ssh_keys', 'plc_instantiated')).toBe(true);
    expect(of('timestamp')).toBe(false);
  });

  test('has a bounded number of remarks, of bounded length, and one that counts the rest', () => {
    const of = (length: number, text = 'line 1: x') =>
      fits({ ...update, remarks: Array.from({ length }, () => ({ severity: 'note', text })) });
    expect([of(5001), of(5002)]).toEqual([true, false]);
    expect([of(1, 'x'.repeat(1000)), of(1, 'x'.repeat(1001))]).toEqual([true, false]);
    const longest = remarkText(`${'x'.repeat(999)}\n${'y'.repeat(999)}`);
    expect(longest).toHaveLength(1000);
    expect(longest).not.toMatch(/\n/);
  });
});

test('nobody speaks for tickets but tickets: no update of theirs, and no question after one', () => {
  const { full_update, held_source } = deliverContract;
  const update = {
    request_id: '00000000-0000',
    source: 'ticket',
    timestamp: 1,
    digest: 'a'.repeat(64),
    fresh: true,
    records: [],
    unreadable: [],
    remarks: [],
  };
  expect(full_update.params.safeParse(update).success).toBe(false);
  expect(full_update.params.safeParse({ ...update, source: 'plc' }).success).toBe(true);
  expect(held_source.params.safeParse({ source: 'ticket' }).success).toBe(false);
  expect(held_source.params.safeParse({ source: 'plc' }).success).toBe(true);
});

describe('an item of the feed', () => {
  const delegate = {
    kind: 'account',
    source: 'config',
    record: {
      record_key: 'delegate_del_snoop',
      timestamp: 1,
      account_type: 'delegate',
      name: 'del_snoop',
      plc_instantiated: false,
      ssh_keys: '',
    },
    local: NO_LOCAL_FACTS,
    rspec: {},
    effective: {},
  };

  test('is an account whose key names it', () => {
    expect(feedItemSchema.safeParse(delegate).success).toBe(true);
    const record = { ...delegate.record, record_key: 'delegate_other_one' };
    expect(feedItemSchema.safeParse({ ...delegate, record }).success).toBe(false);
  });

  test('is of a known kind', () => {
    expect(feedItemSchema.safeParse({ ...delegate, kind: 'rumour' }).success).toBe(false);
  });
});

describe('an event', () => {
  const event = {
    at: 1,
    account: 'princeton_sirius',
    what: 'stopped',
    why: 'Stop was called',
    by: { kind: 'api-caller', name: 'root' },
  };
  const fits = (candidate: unknown) => eventSchema.safeParse(candidate).success;

  test('is about an account or the node, of a known kind, with a bounded reason', () => {
    expect(fits(event)).toBe(true);
    expect(fits({ ...event, account: 'node' })).toBe(true);
    expect(fits({ ...event, account: '../node' })).toBe(false);
    expect(fits({ ...event, what: 'rumour' })).toBe(false);
    expect(fits({ ...event, by: { kind: 'rumour' } })).toBe(false);
    expect(fits({ ...event, why: 'x'.repeat(MAX_WHY + 1) })).toBe(false);
  });

  test('holds any text as one line of bounded length', () => {
    expect(eventText(' a\n  b\tc ')).toBe('a b c');
    expect(eventText('x'.repeat(9999))).toHaveLength(MAX_WHY);
  });

  test('is asked for in bounded numbers', () => {
    const asks = (query: unknown) => eventsMethod.params.safeParse(query).success;
    expect(asks({ limit: 10_000, name: 'node', since: 0 })).toBe(true);
    expect(asks({ limit: 10_001 })).toBe(false);
    expect(asks({ limit: 1, name: 'a/b' })).toBe(false);
  });
});

import { describe, expect, test } from 'vitest';
import { aCap, aDelegate, aSliver } from './builders.ts';
import { DEFAULT_IMAGE } from './quantities.ts';
import { checkRecord, deliveredRecordSchema, isAccount, isSliver, loansSchema } from './record.ts';
import { contentOf, sameContent } from './record-content.ts';

const whyNot = (candidate: unknown): string => {
  const checked = checkRecord(candidate);
  return 'why' in checked ? checked.why : 'nothing is wrong with it';
};

describe('a record', () => {
  test.each([
    [
      'a sliver',
      aSliver({ expiry: 5, rspec: { other: -3 }, delegations: [['del_snoop', 'Start']] }),
    ],
    ['a delegate', aDelegate()],
    ['the cap', aCap({ exempt_ips: ['192.0.2.0/24', '2001:db8::1'] })],
    ['a sliver with a megabyte of a script', aSliver({ initscript: 'é'.repeat(1 << 19) })],
  ])('%s passes unchanged', (_what, record) => {
    expect(checkRecord(record)).toEqual({ record });
    expect(deliveredRecordSchema.parse(record)).toEqual(record);
  });

  test.each([
    ['its name could not be a user', { ...aSliver(), name: '../etc' }, /^name: wants a name like/],
    ['its key is not its name', { ...aSliver(), record_key: 'sliver_a_b' }, /wants record_key/],
    [
      'its image could be a path',
      { ...aSliver(), image: '../etc' },
      /^image: wants the name of an/,
    ],
    ['a field is unknown', { ...aSliver(), uid: 0 }, /uid/],
    ['an expiry is no whole second', { ...aSliver(), expiry: 1.5 }, /^expiry: /],
    [
      'a resource is no integer',
      { ...aSliver(), rspec: { nm_cpu_share: 'x' } },
      /^rspec\.nm_cpu_share: /,
    ],
    [
      'there are too many resources',
      {
        ...aSliver(),
        rspec: Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`r${at}`, at])),
      },
      /^rspec: wants at most 200/,
    ],
    ['keys exceed a megabyte', aDelegate({ ssh_keys: 'x'.repeat((1 << 20) + 1) }), /^ssh_keys: /],
    [
      'keys exceed a megabyte with fewer characters than that',
      aDelegate({ ssh_keys: 'é'.repeat((1 << 19) + 1) }),
      /^ssh_keys: wants at most 1048576 bytes$/,
    ],
    [
      'a start script exceeds a megabyte with fewer characters than that',
      aSliver({ initscript: '漢'.repeat(349_526) }),
      /^initscript: wants at most 1048576 bytes$/,
    ],
    [
      'an exempt network is none',
      aCap({ exempt_ips: ['10.0.0.0/8', 'all'] }),
      /^exempt_ips\.1: wants an IPv4/,
    ],
    ['it is of no kind', { account_type: 'root', record_key: 'x' }, /^wants account_type/],
    [
      'it claims a kind that only objects have',
      { account_type: 'constructor' },
      /^wants account_type/,
    ],
    ['it is no object', 'sliver', /^wants account_type/],
    ['it is nothing', null, /^wants account_type/],
  ])('says what is wrong and where when %s', (_what, candidate, why) => {
    expect(whyNot(candidate)).toMatch(why);
  });

  test('never gets a resource that would be the prototype of its RSpec', () => {
    const text = JSON.stringify(aSliver()).replace('"rspec":{}', '"rspec":{"__proto__":1,"a":2}');
    const checked = checkRecord(JSON.parse(text));
    const rspec = 'record' in checked && 'rspec' in checked.record ? checked.record.rspec : {};
    expect(Object.entries(rspec)).toEqual([['a', 2]]);
  });

  test('that was written before slivers had an image is of the default one', () => {
    const { image: _, ...before } = aSliver();
    expect(checkRecord(before)).toEqual({ record: aSliver({ image: DEFAULT_IMAGE }) });
  });

  test('is a sliver, a delegate or neither', () => {
    expect([aSliver(), aDelegate(), aCap()].map(isSliver)).toEqual([true, false, false]);
    expect([aSliver(), aDelegate(), aCap()].map(isAccount)).toEqual([true, true, false]);
  });
});

describe('the content of two records', () => {
  const sliver = aSliver({ rspec: { a: 1, b: 2 }, expiry: 5, delegations: [['x_x', 'Start']] });

  test('is the same whatever their timestamps and the order of their fields', () => {
    const reordered = {
      ...Object.fromEntries(Object.entries(sliver).reverse()),
      rspec: { b: 2, a: 1 },
      timestamp: 99,
    } as unknown as typeof sliver;
    expect(sameContent(sliver, reordered)).toBe(true);
    expect(contentOf(sliver)).toBe(contentOf(reordered));
  });

  test.each([
    ['a value', { ...sliver, id: 13 }],
    ['a resource', { ...sliver, rspec: { a: 1, b: 3 } }],
    ['a resource more', { ...sliver, rspec: { a: 1, b: 2, c: 0 } }],
    ['a resource less', { ...sliver, rspec: { a: 1 } }],
    ['no expiry', aSliver({ ...sliver, expiry: undefined })],
    ['a delegation', aSliver({ ...sliver, delegations: [['x_x', 'Stop']] })],
    ['the kind', { ...sliver, account_type: 'delegate' } as unknown as typeof sliver],
  ])('differs by %s', (_what, other) => {
    expect(sameContent(sliver, other)).toBe(false);
    expect(contentOf(sliver)).not.toBe(contentOf(other));
  });
});

test('loans are triples of a name, a resource and an integer, a thousand at most', () => {
  expect(loansSchema.safeParse([['a_a', 'nm_cpu_share', 1]]).success).toBe(true);
  expect(loansSchema.safeParse([['a_a', 'nm_cpu_share', 1.5]]).success).toBe(false);
  expect(loansSchema.safeParse([['a_a', 'nm_cpu_share', 2 ** 53]]).success).toBe(false);
  expect(loansSchema.safeParse([['a_a', 'nm_cpu_share']]).success).toBe(false);
  expect(loansSchema.safeParse(Array(1001).fill(['a_a', 'x', 1])).success).toBe(false);
});

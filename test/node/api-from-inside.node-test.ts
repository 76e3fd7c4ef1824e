/** A sliver calls the API from inside, and is whoever the kernel says that it is. */
import { beforeAll, expect, test } from 'vitest';
import { type Call, callsFromInside, putClientInto, TCP, UNIX } from './machine/call-the-api.ts';
import { theTestbed } from './the-node.ts';

const LENDER = 'lab_s01';
const BORROWER = 'lab_s02';
const node = theTestbed({ [LENDER]: { rspec: { nm_cpu_share: 64 } } });

beforeAll(() => putClientInto(node, LENDER));

const calls = (how: string, ...list: readonly Call[]) =>
  callsFromInside(node, { sliver: LENDER, how }, ...list);

test.each([UNIX, TCP])('it reads its own RSpec over %s', async (how) => {
  expect(await calls(how, ['GetRSpec', LENDER])).toEqual([
    { result: expect.objectContaining({ nm_cpu_share: 64, nm_disk_quota: 5_000_000 }) },
  ]);
});

test.each([UNIX, TCP])('it is denied another’s over %s, to read and to write', async (how) => {
  const answers = await calls(
    how,
    ['GetRSpec', BORROWER],
    ['SetLoans', BORROWER, []],
    ['Stop', BORROWER],
    ['DumpDatabase'],
  );
  expect(answers).toEqual(Array.from({ length: 4 }, () => ({ fault: [108, expect.any(String)] })));
});

test('it sets a loan, with and without its own name, and both sides have it at once', async () => {
  const loan = [BORROWER, 'nm_cpu_share', 16];
  const answers = await calls(
    UNIX,
    ['SetLoans', loan],
    ['GetLoans', LENDER],
    ['GetEffectiveRSpec', LENDER],
  );
  expect(answers).toEqual([
    { result: 1 },
    { result: [loan] },
    { result: expect.objectContaining({ nm_cpu_share: 48 }) },
  ]);
  expect(await node.api.call('GetEffectiveRSpec', BORROWER)).toHaveProperty('nm_cpu_share', 48);
  expect(await calls(TCP, ['SetLoans', LENDER, []])).toEqual([{ result: 1 }]);
  expect(await node.api.call('GetEffectiveRSpec', BORROWER)).toHaveProperty('nm_cpu_share', 32);
});

test('any user of the sliver is the sliver', async () => {
  const nobody = { sliver: LENDER, how: UNIX, user: 'nobody' };
  const [answer] = await callsFromInside(node, nobody, ['GetRSpec', LENDER]);
  expect(answer).toHaveProperty('result.nm_cpu_share', 64);
});

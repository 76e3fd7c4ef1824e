/** A sliver calls the API from inside, and is whoever the kernel says that it is. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import type { ApiAnswer } from '../support/client-process.ts';
import { theTestbed } from './the-node.ts';

const LENDER = 'lab_s01';
const BORROWER = 'lab_s02';
const UNIX = 'unix /run/nodemgr/api.sock';
const TCP = 'tcp 812';
const node = theTestbed({ [LENDER]: { rspec: { nm_cpu_share: 64 } } });

beforeAll(async () => {
  const input = readFileSync('test/support/xmlrpc_client.py');
  await node.inWell(LENDER, 'cat > /root/client.py; chmod 755 /root /root/client.py', { input });
});

type Call = readonly [method: string, ...params: unknown[]];

/** calls makes calls from inside LENDER, and returns what came of each. */
async function calls(how: string, ...list: readonly Call[]): Promise<readonly ApiAnswer[]> {
  const input = list
    .map(([method, ...params]) => `${JSON.stringify({ method, params })}\n`)
    .join('');
  const stdout = await node.inWell(LENDER, `python3 /root/client.py ${how}`, { input });
  return stdout.split('\n').map((line) => JSON.parse(line) as ApiAnswer);
}

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
  const input = `${JSON.stringify({ method: 'GetRSpec', params: [LENDER] })}\n`;
  const client = `runuser -u nobody -- python3 /root/client.py ${UNIX}`;
  const answer = JSON.parse(await node.inWell(LENDER, client, { input })) as ApiAnswer;
  expect(answer).toHaveProperty('result.nm_cpu_share', 64);
});

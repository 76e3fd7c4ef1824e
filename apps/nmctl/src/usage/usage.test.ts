/** `nmctl usage` on real sockets. */
import type { UseRow } from '@nodemgr/contracts';
import { accountName } from '@nodemgr/records';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';
import { mergeUse } from './merge-use.ts';

const SIRIUS = accountName('princeton_sirius');
const HOUR = Date.UTC(2023, 10, 14, 22) / 1000;

let node: FakeNode;
let asked: string[];
beforeEach(() => {
  node = new FakeNode();
  asked = [];
});
afterEach(() => node.stop());

function aUsedNode() {
  const daemons = theDaemons();
  const history =
    (amounts: UseRow['amounts']) =>
    ({ step }: { readonly step: string }) => {
      asked.push(step);
      return { driver: 'linux', rows: [{ name: SIRIUS, at: HOUR, seconds: 3600, amounts }] };
    };
  return {
    ...daemons,
    'account-supervisor': {
      ...daemons['account-supervisor'],
      use_history: history({ cpu_ms: 1_800_000, memory_kib: 1000, tasks: 7 }),
    },
    'bwcap-agent': {
      ...daemons['bwcap-agent'],
      use_history: history({ sent_bytes: 1_500_000, sent_exempt_bytes: 500_000 }),
    },
  };
}

test('a sliver is shown by hour, with what both agents count; CPU as part of a processor', async () => {
  await node.start(aUsedNode());
  const { code, out } = await node.run('usage', SIRIUS, '--since', '3d');
  expect(code).toBe(0);
  expect(out).toMatch(/2023-11-14 22:00:00Z +50\.0% +1\.0 MB +7 +2\.0 MB/);
  expect(asked).toEqual(['hour', 'hour']);
});

test('within a day it is by minute; without a name there is a sum for each sliver, as JSON too', async () => {
  await node.start(aUsedNode());
  const { out } = await node.run('usage', '--since', '2h', '--json');
  expect(asked).toEqual(['minute', 'minute']);
  expect(JSON.parse(out)).toMatchObject({
    step: 'minute',
    rows: [{ name: SIRIUS, amounts: { cpu_ms: 1_800_000, sent_bytes: 1_500_000 } }],
  });
});

test('a part whose agent is away is missing, and it is said which', async () => {
  const { 'bwcap-agent': _, ...others } = aUsedNode();
  await node.start(others);
  const { code, out, err } = await node.run('usage');
  expect(code).toBe(1);
  expect(err).toContain('what was sent is not shown');
  expect(out).toContain('50.0%');
});

test('a time that is none is refused', async () => {
  await node.start(aUsedNode());
  expect((await node.run('usage', '--since', 'soon')).code).toBe(2);
});

test('periods are merged by their time, sums by their sliver', () => {
  const one = { name: SIRIUS, at: 60, seconds: 60, amounts: { cpu_ms: 1 } };
  const other = { name: SIRIUS, at: 120, seconds: 50, amounts: { sent_bytes: 2 } };
  expect(mergeUse([[other], [one]], 'periods')).toEqual([one, other]);
  expect(mergeUse([[other], [one]], 'sums')).toEqual([
    { ...one, amounts: { cpu_ms: 1, sent_bytes: 2 } },
  ]);
});

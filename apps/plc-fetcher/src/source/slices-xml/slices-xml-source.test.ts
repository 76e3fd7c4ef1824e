import { epochSeconds } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { slicesXml } from '../../builders.test-support.ts';
import type { FetchAnswer } from '../fetch-answer.ts';
import { recallSlicesXml, slicesXmlSource } from './slices-xml-source.ts';

const LATER = new AbortController().signal;
const NOW = epochSeconds(1_800_000_000);
const now = () => NOW;
const recall = recallSlicesXml(17, []);
const asked = (answer: FetchAnswer, known?: { identity: string; validators: object }) =>
  slicesXmlSource(async () => answer, recall, { isFile: false, now }).ask(known, LATER);
const aDocument = (bytes: Buffer) =>
  ({ kind: 'document', bytes, validators: { etag: '"2"' } }) as const;

test('a document is a state, and is kept as it came', async () => {
  const bytes = slicesXml('a_b');
  expect(await asked(aDocument(bytes))).toEqual({
    kind: 'state',
    read: recall(bytes, NOW),
    validators: { etag: '"2"' },
    bytes: bytes.length,
    kept: bytes,
  });
});

test('the same bytes again are unchanged, and are not parsed', async () => {
  // Nobody could read them.
  const bytes = slicesXml('a_b').subarray(0, -1);
  const known = await asked(aDocument(bytes));
  expect(known.kind).toBe('malformed');
  const read = recall(slicesXml('a_b'), NOW);
  if (!read.ok) throw new Error(read.reason);
  const again = { identity: read.identity, validators: {} };
  expect(await asked(aDocument(slicesXml('a_b')), again)).toEqual({
    kind: 'unchanged',
    validators: { etag: '"2"' },
  });
});

test('a document that cannot be read is malformed: its source is to mend it', async () => {
  const bytes = slicesXml('a_b').subarray(0, -1);
  const reason = expect.stringContaining('line 1');
  expect(await asked(aDocument(bytes))).toEqual({
    kind: 'malformed',
    cause: 'plc-refuses',
    reason,
  });
  const file = slicesXmlSource(async () => aDocument(bytes), recall, { isFile: true, now });
  expect(await file.ask(undefined, LATER)).toMatchObject({ cause: 'file-unfit' });
});

test('leases that are over when the document comes leave the others their room, also in what is kept of it', async () => {
  const lease = (at: number) => `<lease slice="a_b" from="${at}" until="${at + 1}"/>`;
  const leases = Array.from({ length: 1500 }, (_, n) => lease(NOW - 1000 + n)).join('');
  const text = slicesXml('a_b').toString().replace('<slice ', `<leases>${leases}</leases><slice `);
  const answer = await asked(aDocument(Buffer.from(text)));
  if (answer.kind !== 'state') throw new Error(JSON.stringify(answer));
  const { remarks, records } = answer.read.state;
  expect(remarks).toEqual([]);
  const record = records.find(({ record_key }) => record_key === 'leases');
  expect(record).toMatchObject({ leases: { length: 1000, 0: { from: NOW - 500 } } });
  expect(recall(answer.kept, NOW)).toEqual(answer.read);
});

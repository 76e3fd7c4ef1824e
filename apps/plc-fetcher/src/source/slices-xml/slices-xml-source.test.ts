import { expect, test } from 'vitest';
import { slicesXml } from '../../builders.test-support.ts';
import type { FetchAnswer } from '../fetch-answer.ts';
import { recallSlicesXml, slicesXmlSource } from './slices-xml-source.ts';

const LATER = new AbortController().signal;
const recall = recallSlicesXml(17, []);
const asked = (answer: FetchAnswer, known?: { identity: string; validators: object }) =>
  slicesXmlSource(async () => answer, recall, false).ask(known, LATER);
const aDocument = (bytes: Buffer) =>
  ({ kind: 'document', bytes, validators: { etag: '"2"' } }) as const;

test('a document is a state, and is kept as it came', async () => {
  const bytes = slicesXml('a_b');
  expect(await asked(aDocument(bytes))).toEqual({
    kind: 'state',
    read: recall(bytes),
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
  const read = recall(slicesXml('a_b'));
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
  const file = slicesXmlSource(async () => aDocument(bytes), recall, true);
  expect(await file.ask(undefined, LATER)).toMatchObject({ cause: 'file-unfit' });
});

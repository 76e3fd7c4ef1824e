import { epochSeconds } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { aGoodDocument, slicesXml } from './builders.test-support.ts';
import { judgeAnswer } from './judge-answer.ts';

const at = { nodeId: 17, nowMs: 1_800_000_000_500 };
const NOW = epochSeconds(1_800_000_000);
const good = aGoodDocument({ fresh: false });

test('a document that can be read replaces the last good one', () => {
  const bytes = slicesXml('a_b', 'a_c');
  const answer = { kind: 'document', bytes, validators: { etag: '"2"' } } as const;
  const judged = judgeAnswer(answer, good, at);
  expect(judged).toMatchObject({
    outcome: 'accepted',
    bytes,
    good: { validators: { etag: '"2"' }, vouchedAt: NOW, fetchedAt: at.nowMs, fresh: true },
  });
});

test('"unchanged" confirms the last good document: it is fresh now, and was not parsed again', () => {
  const judged = judgeAnswer({ kind: 'unchanged' }, good, at);
  expect(judged).toEqual({ outcome: 'confirmed', good: { ...good, vouchedAt: NOW, fresh: true } });
  expect(judged.outcome === 'confirmed' && judged.good.document).toBe(good.document);
});

test('the same bytes again confirm it too, without a parse', () => {
  const answer = {
    kind: 'document',
    bytes: slicesXml('princeton_sirius'),
    validators: {},
  } as const;
  const judged = judgeAnswer(answer, good, at);
  expect(judged.outcome === 'confirmed' && judged.good.document).toBe(good.document);
});

test('a document that cannot be read counts for nothing', () => {
  const bytes = slicesXml('a_b').subarray(0, -1);
  const judged = judgeAnswer({ kind: 'document', bytes, validators: { etag: '"2"' } }, good, at);
  expect(judged).toEqual({ outcome: 'malformed', reason: expect.stringContaining('line 1') });
});

test('"unchanged" without a document to confirm is a failure', () => {
  expect(judgeAnswer({ kind: 'unchanged' }, undefined, at)).toMatchObject({ outcome: 'failed' });
});

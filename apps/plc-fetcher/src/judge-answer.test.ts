import { epochSeconds } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { aGoodDocument, slicesXml } from './builders.test-support.ts';
import { judgeAnswer } from './judge-answer.ts';
import type { SourceAnswer } from './source/desired-state-source.ts';

const NOW_MS = 1_800_000_000_500;
const NOW = epochSeconds(1_800_000_000);
const good = aGoodDocument({ fresh: false });

function answered(...names: string[]): Extract<SourceAnswer, { kind: 'state' }> {
  const bytes = slicesXml(...names);
  const { read } = aGoodDocument({}, bytes);
  return { kind: 'state', read, validators: { etag: '"2"' }, bytes: bytes.length, kept: bytes };
}

test('a document that can be read replaces the last good one', () => {
  const answer = answered('a_b', 'a_c');
  expect(judgeAnswer(answer, good, NOW_MS)).toEqual({
    outcome: 'accepted',
    kept: answer.kept,
    good: {
      ...{ read: answer.read, validators: { etag: '"2"' }, bytes: answer.bytes },
      ...{ vouchedAt: NOW, fetchedAt: NOW_MS, fresh: true },
    },
  });
});

test('"unchanged" confirms the last good document: it is fresh now', () => {
  const judged = judgeAnswer({ kind: 'unchanged' }, good, NOW_MS);
  expect(judged).toEqual({ outcome: 'confirmed', good: { ...good, vouchedAt: NOW, fresh: true } });
});

test('an answer that says the same again confirms it too, with its own validators', () => {
  const judged = judgeAnswer(answered('princeton_sirius'), good, NOW_MS);
  const validators = { etag: '"2"' };
  expect(judged).toEqual({
    outcome: 'confirmed',
    good: { ...good, validators, vouchedAt: NOW, fresh: true },
  });
});

test('what failed, and what cannot be read, counts for nothing', () => {
  const about = { cause: 'plc-refuses', reason: 'line 1' } as const;
  expect(judgeAnswer({ kind: 'malformed', ...about }, good, NOW_MS)).toEqual({
    outcome: 'malformed',
    ...about,
  });
  expect(judgeAnswer({ kind: 'failed', ...about, retryAfterSeconds: 3 }, good, NOW_MS)).toEqual({
    outcome: 'failed',
    ...about,
    retryAfterSeconds: 3,
  });
});

test('"unchanged" without a document to confirm is a failure', () => {
  const judged = judgeAnswer({ kind: 'unchanged' }, undefined, NOW_MS);
  expect(judged).toMatchObject({ outcome: 'failed', cause: 'plc-refuses' });
});

/** Certificates on disk, looked at by clocks that go right and wrong. */
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { certificateFiles } from './certificate-files.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(NOW.getTime() + days * DAY_MS);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certificates-'));
});
afterEach(() => rm(folder, { recursive: true }));

test.each([
  ['that is ahead by three years', 3 * 365],
  ['that is ahead by two days', 2],
  ['of 1970', -NOW.getTime() / DAY_MS],
])('certificates made by a clock %s are made anew once it is right', async (_clock, days) => {
  const wrong = await certificateFiles(folder, inDays(days));
  const right = await certificateFiles(folder, NOW);
  expect(right.server).not.toBe(wrong.server);
  for (const pem of [right.ca, right.server]) {
    const { validFrom, validTo } = new X509Certificate(pem);
    expect(Date.parse(validFrom)).toBeLessThanOrEqual(NOW.getTime());
    expect(Date.parse(validTo)).toBeGreaterThan(NOW.getTime());
  }
  expect(await certificateFiles(folder, NOW)).toEqual(right);
});

test('certificates that are valid stay as they are until a month before their end', async () => {
  const made = await certificateFiles(folder, NOW);
  expect(await certificateFiles(folder, inDays(330))).toEqual(made);
  expect(await certificateFiles(folder, inDays(340))).not.toEqual(made);
});

/**
 * The documents in test/fuzz/corpus: hostile ones that are well known, and whatever fuzzing found.
 * NAME.json beside each says what must become of it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const expectationSchema = z.strictObject({
  /** What this document is about. */
  why: z.string(),
  /** A part of the reason for which it is refused … */
  refused: z.string().optional(),
  /** … or what it means, as fromTagged reads it. */
  method: z.string().optional(),
  params: z.array(z.unknown()).optional(),
});

export interface CorpusEntry {
  readonly name: string;
  readonly body: Uint8Array;
  readonly expected: z.infer<typeof expectationSchema>;
}

const FOLDER = resolve('test/fuzz/corpus');

function entryOf(file: string): CorpusEntry {
  const name = file.replace(/\.(?:xml|bin)$/, '');
  const expected: unknown = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));
  return {
    name,
    body: readFileSync(join(FOLDER, file)),
    expected: expectationSchema.parse(expected),
  };
}

/** readCorpus returns every document, in the order of their names. */
export function readCorpus(): readonly CorpusEntry[] {
  const files = readdirSync(FOLDER).filter((file) => /\.(?:xml|bin)$/.test(file));
  return files.sort().map(entryOf);
}

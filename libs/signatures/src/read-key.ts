/** Reads one public key of a list, as OpenSSH writes it: `type base64 [comment]`. Pure. */
import { Buffer } from 'node:buffer';
import { readSshKey } from '@nodemgr/slices-xml';
import { type PublicKey, readPublicKey } from './public-key.ts';

/** readKey returns the key; throws an Error that says why it is none. */
export function readKey(text: string): PublicKey {
  const verdict = readSshKey(text);
  if (!verdict.ok) throw new Error(verdict.why);
  const [, base64 = ''] = verdict.line.split(' ');
  return readPublicKey(Buffer.from(base64, 'base64'));
}

/** A line of a list, without its end. */
export interface ListLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/**
 * mapLines returns what `read` makes of each line that says something. Throws an Error that names the line which it
 * cannot read: a list of whom to trust counts as a whole or not at all.
 */
export function mapLines<T>(text: string, read: (line: ListLine) => T): readonly T[] {
  return text.split('\n').flatMap((raw, index) => {
    const line = { number: index + 1, text: raw.trim() };
    if (line.text === '' || line.text.startsWith('#')) return [];
    try {
      return [read(line)];
    } catch (cause) {
      throw new Error(`line ${line.number}: ${(cause as Error).message}`, { cause });
    }
  });
}

/** Tells how an archive is compressed, by its first bytes, and what undoes it. Pure. */
import type { Buffer } from 'node:buffer';
import type { Argv } from './run-tool.ts';

interface Compression {
  /** The bytes that every file of the kind begins with. */
  readonly magic: readonly number[];
  readonly argv: Argv;
}

const COMPRESSIONS: readonly Compression[] = [
  { magic: [0x1f, 0x8b], argv: ['gzip', '--decompress', '--stdout'] },
  { magic: [0x42, 0x5a, 0x68], argv: ['bzip2', '--decompress', '--stdout'] },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], argv: ['zstd', '--decompress', '--stdout', '--quiet'] },
  {
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    argv: ['xz', '--decompress', '--stdout', '--memlimit-decompress=1GiB'],
  },
];

/** As many bytes as it takes to tell. */
export const MAGIC_LENGTH = 6;

/** decompressorOf returns the program that undoes the compression of what begins with `head`, if any. */
export function decompressorOf(head: Buffer): Argv | undefined {
  return COMPRESSIONS.find(({ magic }) => magic.every((byte, at) => head[at] === byte))?.argv;
}

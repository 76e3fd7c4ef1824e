/** Reads the files that ticket commands are given, within bounds. Reads nothing into them. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { readBoundedFile } from '@nodemgr/config';
import { Fault } from '@nodemgr/faults';

export const STANDARD_INPUT = '-';
/** The bound of keys in PEM: more than the longest list of trusted keys. */
const MAX_PEM_BYTES = 512 * 1024;
/** Permission bits of everybody but the owner and his group. */
const OTHERS = 0o007;

async function collect(stream: Readable, what: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new Fault('bad-argument', `${what} is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** readInput returns the bytes of a file, or of standard input for `-`; rejects when there are more. */
export function readInput(path: string, maxBytes: number): Promise<Buffer> {
  if (path === STANDARD_INPUT) return collect(process.stdin, 'standard input', maxBytes);
  return collect(createReadStream(path), path, maxBytes);
}

/** readPublicKeys returns the text of a file with public keys in PEM, or of a pipe: an operator may name one. */
export async function readPublicKeys(path: string): Promise<string> {
  return (await collect(createReadStream(path), path, MAX_PEM_BYTES)).toString('utf8');
}

/** readConfiguredKeys returns the same of the file that the configuration names; it waits for no pipe. */
export function readConfiguredKeys(path: string): string {
  try {
    return readBoundedFile(path, { maxBytes: MAX_PEM_BYTES }).toString('utf8');
  } catch (cause) {
    const { message } = cause as Error;
    // The system's own errors name the file.
    if (cause instanceof Error && 'code' in cause) throw cause;
    throw new Fault('bad-argument', `${path}: ${message}`, { cause });
  }
}

/**
 * readPrivateKey returns the text of a private key. One that everybody may read (or write) is refused, as
 * ssh refuses it: it signs for everybody. A group may: that is how Debian keeps keys (ssl-cert).
 */
export async function readPrivateKey(path: string): Promise<string> {
  const file = await open(path);
  try {
    const stat = await file.stat();
    if (stat.isFile() && (stat.mode & OTHERS) !== 0) {
      const why = 'everybody on this machine may use this private key; chmod o= takes that away';
      throw new Fault('bad-argument', `${path}: ${why}`);
    }
    const stream = file.createReadStream({ autoClose: false });
    return (await collect(stream, path, MAX_PEM_BYTES)).toString('utf8');
  } finally {
    await file.close();
  }
}

/** Fetches the document from a file: URL. Two versions differ by the file's identity and date. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Fetch, type FetchAnswer, reasonOf, type Validators } from '../fetch-answer.ts';

interface FileSource {
  readonly url: string;
  readonly maxBytes: number;
}

async function read(
  { url, maxBytes }: FileSource,
  validators: Validators,
  signal: AbortSignal,
): Promise<FetchAnswer> {
  const path = fileURLToPath(url);
  // Without O_NONBLOCK a pipe without a writer would be waited for, past any deadline.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await file.stat({ bigint: true });
    if (!stat.isFile()) throw new Error(`${path} is not a file`);
    if (stat.size > maxBytes) throw new Error(`the document has more than ${maxBytes} bytes`);
    const etag = `${stat.mtimeNs}-${stat.size}-${stat.ino}`;
    if (etag === validators.etag) return { kind: 'unchanged' };
    const bytes = await file.readFile({ signal });
    if (bytes.length > maxBytes) throw new Error(`the document has more than ${maxBytes} bytes`);
    return { kind: 'document', bytes, validators: { etag } };
  } finally {
    await file.close();
  }
}

/** fetchFile returns the way to fetch from a file: URL. */
export function fetchFile(source: FileSource): Fetch {
  return async (validators, signal) => {
    try {
      return await read(source, validators, signal);
    } catch (error) {
      return { kind: 'failed', cause: 'file-unfit', reason: reasonOf(error) };
    }
  };
}

/** Reads an answer's body to its end: decompressed, and never more of it than the bound. */
import type { IncomingMessage } from 'node:http';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip } from 'node:zlib';

/** Bytes decompressed at a time. */
const CHUNK = 256 << 10;

/** The content codings that we can undo (RFC 9110, 8.4), in the order in which we prefer them. */
const DECODERS = {
  br: () => createBrotliDecompress({ chunkSize: CHUNK }),
  gzip: () => createGunzip({ chunkSize: CHUNK }),
} as const;

/** The value of Accept-Encoding. */
export const ACCEPT_ENCODING = Object.keys(DECODERS).join(', ');

const tooLong = (maxBytes: number): string => `the document has more than ${maxBytes} bytes`;

/** Lets `max` bytes through, then fails. */
function bound(max: number, what: string): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      seen += chunk.length;
      if (seen > max) done(new Error(`${tooLong(max)}${what}`));
      else done(null, chunk);
    },
  });
}

function decoderOf(encoding: string): Transform | undefined {
  if (encoding === 'identity' || encoding === '') return undefined;
  const name = encoding === 'x-gzip' ? 'gzip' : encoding;
  if (name === 'br' || name === 'gzip') return DECODERS[name]();
  throw new Error(`the document came in an encoding that was not asked for: ${encoding}`);
}

/** What takes a body, piece by piece. */
export type Consumer = (pieces: AsyncIterable<Buffer>) => Promise<void>;

/**
 * readBody gives the whole body of an answer to `consume`, decompressed. Rejects when it is longer than `maxBytes`,
 * before or after that (a small body can unpack to anything), when it was cut short, or does not decompress.
 */
export async function readBody(
  answer: IncomingMessage,
  maxBytes: number,
  consume: Consumer,
): Promise<void> {
  const { headers } = answer;
  const encoding = headers['content-encoding'] ?? '';
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw new Error(tooLong(maxBytes));
  const decoder = decoderOf(encoding.trim().toLowerCase());
  if (decoder === undefined) await pipeline(answer, bound(maxBytes, ''), consume);
  else {
    const [before, after] = [bound(maxBytes, ''), bound(maxBytes, ' when unpacked')];
    await pipeline(answer, before, decoder, after, consume);
  }
}

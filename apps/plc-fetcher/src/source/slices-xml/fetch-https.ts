/** Fetches the document over HTTPS, if it has changed. */
import type { IncomingMessage } from 'node:http';
import {
  type Fetch,
  type FetchAnswer,
  MAX_VALIDATOR_LENGTH,
  type Validators,
} from '../fetch-answer.ts';
import { exchange, type HttpsPlace } from '../https/exchange.ts';
import { readBody } from '../https/read-body.ts';

function requestHeaders({ etag, last_modified }: Validators): Record<string, string> {
  return {
    accept: 'application/xml, text/xml;q=0.9, */*;q=0.1',
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(last_modified === undefined ? {} : { 'if-modified-since': last_modified }),
  };
}

const short = (header: string | undefined): string | undefined =>
  header !== undefined && header.length <= MAX_VALIDATOR_LENGTH ? header : undefined;

async function readDocument(answer: IncomingMessage, maxBytes: number): Promise<FetchAnswer> {
  const chunks: Buffer[] = [];
  await readBody(answer, maxBytes, async (source) => {
    for await (const chunk of source) chunks.push(chunk);
  });
  const { etag, 'last-modified': last_modified } = answer.headers;
  return {
    kind: 'document',
    bytes: Buffer.concat(chunks),
    validators: { etag: short(etag), last_modified: short(last_modified) },
  };
}

/** fetchHttps returns the way to fetch from `place`. */
export function fetchHttps(place: HttpsPlace): Fetch {
  return (validators, signal) => {
    const asked = validators.etag !== undefined || validators.last_modified !== undefined;
    const read = (answer: IncomingMessage): Promise<FetchAnswer> | undefined => {
      if (answer.statusCode === 200) return readDocument(answer, place.maxBytes);
      const isUnchanged = answer.statusCode === 304 && asked;
      return isUnchanged ? Promise.resolve({ kind: 'unchanged' }) : undefined;
    };
    return exchange(place, { headers: requestHeaders(validators), read }, signal);
  };
}

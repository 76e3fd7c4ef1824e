/** Fetches the document over HTTPS. One request, no redirects, no state; when to ask is not decided here. */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { VERSION } from '@nodemgr/daemon';
import {
  type Fetch,
  type FetchAnswer,
  MAX_VALIDATOR_LENGTH,
  reasonOf,
  type Validators,
} from './fetch-answer.ts';
import { ACCEPT_ENCODING, readBody } from './read-body.ts';
import { retryAfterSeconds } from './retry-after.ts';

export interface HttpsSource {
  readonly url: string;
  /** PEM file with the only authorities that are believed; the system's where absent. */
  readonly caFile: string | undefined;
  /** The most that a document may have, in bytes. */
  readonly maxBytes: number;
}

function requestHeaders({ etag, last_modified }: Validators): Record<string, string> {
  return {
    accept: 'application/xml, text/xml;q=0.9, */*;q=0.1',
    'accept-encoding': ACCEPT_ENCODING,
    'user-agent': `nodemgr/${VERSION}`,
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(last_modified === undefined ? {} : { 'if-modified-since': last_modified }),
  };
}

function open(
  { url, caFile }: HttpsSource,
  ca: Buffer | undefined,
  validators: Validators,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // A connection of its own: polls are minutes apart, and a CA file may be another by then.
    const headers = requestHeaders(validators);
    const options = { agent: false, headers, signal, rejectUnauthorized: true };
    const sent = request(url, caFile === undefined ? options : { ...options, ca }, resolve);
    sent.on('error', reject).end();
  });
}

const short = (header: string | undefined): string | undefined =>
  header !== undefined && header.length <= MAX_VALIDATOR_LENGTH ? header : undefined;

async function readDocument(answer: IncomingMessage, maxBytes: number): Promise<FetchAnswer> {
  const { headers } = answer;
  if (Number(headers['content-length'] ?? 0) > maxBytes) {
    throw new Error(`the document has more than ${maxBytes} bytes`);
  }
  const bytes = await readBody(answer, headers['content-encoding'] ?? '', maxBytes);
  const { etag, 'last-modified': last_modified } = headers;
  return {
    kind: 'document',
    bytes,
    validators: { etag: short(etag), last_modified: short(last_modified) },
  };
}

function refusal(answer: IncomingMessage): FetchAnswer {
  const { statusCode = 0, statusMessage = '', headers } = answer;
  const where = headers.location === undefined ? '' : `; redirects are not followed`;
  return {
    kind: 'failed',
    refused: true,
    reason: `PLC answers ${statusCode} ${statusMessage.slice(0, 80)}${where}`.trim(),
    retryAfterSeconds: retryAfterSeconds(headers['retry-after'], Date.now()),
  };
}

async function converse(
  source: HttpsSource,
  validators: Validators,
  signal: AbortSignal,
): Promise<FetchAnswer> {
  const { caFile, maxBytes } = source;
  const ca = caFile === undefined ? undefined : await readFile(caFile, { signal });
  const answer = await open(source, ca, validators, signal);
  try {
    if (answer.statusCode === 200) return await readDocument(answer, maxBytes);
    const asked = validators.etag !== undefined || validators.last_modified !== undefined;
    return answer.statusCode === 304 && asked ? { kind: 'unchanged' } : refusal(answer);
  } finally {
    answer.destroy();
  }
}

/** fetchHttps returns the way to fetch from `source`. */
export function fetchHttps(source: HttpsSource): Fetch {
  return async (validators, signal) => {
    try {
      return await converse(source, validators, signal);
    } catch (error) {
      return { kind: 'failed', reason: reasonOf(error) };
    }
  };
}

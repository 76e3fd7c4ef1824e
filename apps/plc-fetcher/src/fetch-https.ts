/** Fetches the document over HTTPS. One request, no redirects, no state; when to ask is not decided here. */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { readBoundedFileBefore } from '@nodemgr/config';
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
  ca: readonly string[] | undefined,
  validators: Validators,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // A connection of its own: polls are minutes apart, and a CA file may be another by then.
    const headers = requestHeaders(validators);
    const options = {
      ...{ agent: false, headers, signal, rejectUnauthorized: true },
      // PLC's own certificate, or the authority between, is as good as the root: as curl has it.
      allowPartialTrustChain: true,
    };
    const sent = request(
      url,
      caFile === undefined ? options : { ...options, ca: [...(ca ?? [])] },
      resolve,
    );
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

const MAX_CA_BYTES = 4 << 20;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * readAuthorities returns the certificates in `file`. Rejects with an Error that blames the file for what is wrong with
 * it: OpenSSL takes an empty or garbled one for no authorities, and would blame the server's certificate.
 */
async function readAuthorities(file: string, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const text = (await readBoundedFileBefore(file, { maxBytes: MAX_CA_BYTES }, signal)).toString(
      'latin1',
    );
    const certificates = text.match(CERTIFICATE) ?? [];
    const begun = text.split('-----BEGIN CERTIFICATE-----').length - 1;
    if (certificates.length === 0 || begun !== certificates.length) {
      throw new Error(
        'wanted are certificates in PEM, each from BEGIN CERTIFICATE to END CERTIFICATE',
      );
    }
    for (const [index, pem] of certificates.entries()) checkCertificate(pem, index + 1);
    return certificates;
  } catch (cause) {
    if (signal.aborted)
      throw new Error(`plc.ca_file: ${file} could not be read in time`, { cause });
    throw new Error(`plc.ca_file: ${file}: ${(cause as Error).message}`, { cause });
  }
}

function checkCertificate(pem: string, number: number): void {
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new Error(`the certificate ${number} in it is none: it is damaged`, { cause });
  }
}

async function converse(
  source: HttpsSource,
  validators: Validators,
  signal: AbortSignal,
): Promise<FetchAnswer> {
  const { caFile, maxBytes } = source;
  const ca = caFile === undefined ? undefined : await readAuthorities(caFile, signal);
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

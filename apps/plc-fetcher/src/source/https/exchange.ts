/** One request to PLC over HTTPS and its answer: no redirects, no state; when to ask is not decided here. */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { readBoundedFileBefore } from '@nodemgr/config';
import { VERSION } from '@nodemgr/daemon';
import { type FailedFetch, reasonOf } from '../fetch-answer.ts';
import { ACCEPT_ENCODING } from './read-body.ts';
import { retryAfterSeconds } from './retry-after.ts';

export interface HttpsPlace {
  readonly url: string;
  /** PEM file with the only authorities that are believed; the system's where absent. */
  readonly caFile: string | undefined;
  /** The most that an answer may have, in bytes. */
  readonly maxBytes: number;
}

export interface Exchange<Answer> {
  readonly headers: Readonly<Record<string, string>>;
  /** What is posted; absent: nothing is, and the request is a GET. */
  readonly body?: string;
  /** Reads the answer; undefined: PLC refuses. May reject: then there was no complete answer. */
  read(answer: IncomingMessage): Promise<Answer> | undefined;
}

function open(
  { url, caFile }: HttpsPlace,
  ca: readonly string[] | undefined,
  { headers, body }: Exchange<unknown>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const own = { 'accept-encoding': ACCEPT_ENCODING, 'user-agent': `nodemgr/${VERSION}` };
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const options = {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...own, ...headers, ...length },
      // A connection of its own: polls are minutes apart, and a CA file may be another by then.
      ...{ agent: false, signal, rejectUnauthorized: true },
      // PLC's own certificate, or the authority between, is as good as the root: as curl has it.
      allowPartialTrustChain: true,
    };
    const sent = request(
      url,
      caFile === undefined ? options : { ...options, ca: [...(ca ?? [])] },
      resolve,
    );
    sent.on('error', reject).end(body);
  });
}

function refusal(answer: IncomingMessage): FailedFetch {
  const { statusCode = 0, statusMessage = '', headers } = answer;
  const where = headers.location === undefined ? '' : `; redirects are not followed`;
  return {
    kind: 'failed',
    cause: 'plc-refuses',
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

/** exchange makes one request. Never rejects: a failure is an answer. Ends when `signal` aborts. */
export async function exchange<Answer>(
  place: HttpsPlace,
  conversation: Exchange<Answer>,
  signal: AbortSignal,
): Promise<Answer | FailedFetch> {
  const { caFile } = place;
  try {
    const ca = caFile === undefined ? undefined : await readAuthorities(caFile, signal);
    const answer = await open(place, ca, conversation, signal);
    try {
      return await (conversation.read(answer) ?? refusal(answer));
    } finally {
      answer.destroy();
    }
  } catch (error) {
    return { kind: 'failed', cause: 'plc-unreachable', reason: reasonOf(error) };
  }
}

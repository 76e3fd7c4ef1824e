/** The result of one fetch: the values that the fetchers, the sources and the planners share. */
import type { Cause } from '../causes.ts';

/** The validators that PLC sent with a document, to be sent back with the next request (RFC 9110, 13.1). */
export interface Validators {
  readonly etag?: string | undefined;
  readonly last_modified?: string | undefined;
}

export interface FailedFetch {
  readonly kind: 'failed';
  readonly reason: string;
  /** What it is that may be mended. */
  readonly cause: Cause;
  /** The pause that PLC asked for (RFC 9110, 10.2.3). */
  readonly retryAfterSeconds?: number | undefined;
}

export type FetchAnswer =
  | FailedFetch
  /** PLC vouches for the document whose validators were sent. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'document'; readonly bytes: Buffer; readonly validators: Validators };

/** One way of fetching. Never rejects: a failure is an answer. Ends when `signal` aborts. */
export type Fetch = (validators: Validators, signal: AbortSignal) => Promise<FetchAnswer>;

/** The most that a validator may be long; a longer one is not kept. */
export const MAX_VALIDATOR_LENGTH = 1000;

/** As OpenSSL words an error: `…:error:0A000102:SSL routines:ssl_choose_client_version:unsupported protocol:…`. */
const OPENSSL_LINE = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/i;
/** OpenSSL's error for a server with which we share no version of TLS. */
const NO_COMMON_VERSION = /unsupported protocol|wrong version number|alert protocol version/;

function inWords(message: string): string {
  const reason = OPENSSL_LINE.exec(message)?.[1]?.trim();
  if (reason === undefined) return message.trim().replace(/\s*\n\s*/g, '; ');
  return NO_COMMON_VERSION.test(reason)
    ? `no TLS connection: the server does not speak TLS 1.2 or later (${reason})`
    : `no TLS connection: ${reason}`;
}

/** reasonOf returns an error's message and code, or those of the errors that it gathers. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const text = inWords(error.message);
  return code === undefined || error.message.includes(code) ? text : `${text} (${code})`;
}

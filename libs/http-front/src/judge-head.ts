/**
 * Judges a request by its first lines, as far as all of our servers judge alike. Pure: it answers nothing. What
 * is asked for, and of whom, is the server's to judge.
 */

/** Why a request is not taken. `why` is one line, without a full stop. */
export interface HeadRefusal {
  readonly status: number;
  readonly why: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The part of node:http's IncomingMessage that is looked at. */
export interface RequestHead {
  readonly httpVersion: string;
  /** Names and values, one after the other. */
  readonly rawHeaders: readonly string[];
  readonly headers: {
    readonly 'content-encoding'?: string | undefined;
    readonly 'transfer-encoding'?: string | undefined;
  };
}

/**
 * Content-Encoding of what is taken. A compressed body may be far longer than it looks, and no known
 * client sends one unless told to (RPC::XML can be). The answer is RFC 9110's (15.5.16, 12.5.3).
 */
const PLAIN = /^(?:identity)?$/i;

/** judgeForm refuses what cannot even be read with certainty, whatever it asks for. */
export function judgeForm(
  { httpVersion, rawHeaders, headers }: RequestHead,
  maxHeaders: number,
): HeadRefusal | undefined {
  if (rawHeaders.length > 2 * maxHeaders) {
    return { status: 431, why: `a request has at most ${maxHeaders} header fields` };
  }
  // Whoever passed it on may have read its length otherwise (RFC 9112, 6.1).
  if (httpVersion === '1.0' && headers['transfer-encoding'] !== undefined) {
    return { status: 400, why: 'HTTP/1.0 has no Transfer-Encoding' };
  }
  return undefined;
}

/** judgeCoding refuses a body that is compressed. */
export function judgeCoding({ headers }: RequestHead): HeadRefusal | undefined {
  if (PLAIN.test(headers['content-encoding'] ?? '')) return undefined;
  const taken = { 'Accept-Encoding': 'identity' };
  return { status: 415, why: 'a request must not be compressed', headers: taken };
}

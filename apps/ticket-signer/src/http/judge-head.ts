/** Says what is wrong with a request as far as its first lines tell. Pure: it answers nothing. */
import { MAX_HEADERS } from './http-bounds.ts';

/** Why a request is not taken. `why` is the text of the answer, one line. */
export interface Refusal {
  readonly status: number;
  readonly why: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The part of node:http's IncomingMessage that is looked at. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
  readonly headers: {
    readonly 'content-encoding'?: string | undefined;
    readonly 'content-length'?: string | undefined;
    readonly 'transfer-encoding'?: string | undefined;
  };
}

const PATH = '/sign';

function judgeForm({ httpVersion, rawHeaders, headers }: RequestHead): Refusal | undefined {
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    return { status: 431, why: `a request has at most ${MAX_HEADERS} header fields` };
  }
  // Whoever passed it on may have read its length otherwise (RFC 9112, 6.1).
  if (httpVersion === '1.0' && headers['transfer-encoding'] !== undefined) {
    return { status: 400, why: 'HTTP/1.0 has no Transfer-Encoding' };
  }
  return undefined;
}

/** judgeHead returns why a request is refused before its body is read; undefined: it is not. */
export function judgeHead(head: RequestHead, maxBodyBytes: number): Refusal | undefined {
  const { method, url, headers } = head;
  const bad = judgeForm(head);
  if (bad !== undefined) return bad;
  if (url !== PATH) return { status: 404, why: `tickets are signed at ${PATH}` };
  if (method !== 'POST') {
    return { status: 405, why: 'tickets are signed by POST', headers: { Allow: 'POST' } };
  }
  if (!/^(?:identity)?$/i.test(headers['content-encoding'] ?? '')) {
    const taken = { 'Accept-Encoding': 'identity' };
    return { status: 415, why: 'a request must not be compressed', headers: taken };
  }
  return Number(headers['content-length'] ?? 0) > maxBodyBytes
    ? judgeLength(maxBodyBytes)
    : undefined;
}

/** judgeLength is the refusal of a body that is too long, found before or while it is read. */
export function judgeLength(maxBodyBytes: number): Refusal {
  return { status: 413, why: `a request has at most ${maxBodyBytes} bytes` };
}

/** Says what is wrong with a request as far as its first lines tell. Pure: it answers nothing. */
import { MAX_HEADERS } from './http-bounds.ts';

/** Why a request is not taken. `why` is the text of the answer, one line. */
export interface HeadRefusal {
  readonly status: number;
  readonly why: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The part of node:http's IncomingMessage that is looked at. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly httpVersionMajor: number;
  /** Names and values, one after the other. */
  readonly rawHeaders: readonly string[];
  readonly headers: {
    readonly expect?: string | undefined;
    readonly 'content-encoding'?: string | undefined;
    readonly 'transfer-encoding'?: string | undefined;
  };
}

const PATHS: ReadonlySet<string> = new Set(['/', '/RPC2']);
/**
 * Content-Encoding of what is taken. A compressed body may be far longer than it looks, and no known
 * client sends one unless told to (RPC::XML can be). The answer is RFC 9110's (15.5.16, 12.5.3).
 */
const PLAIN = /^(?:identity)?$/i;
/** The only expectation there is (RFC 9110, 10.1.1); node:http is content when it is one of several. */
const CONTINUE = /^(?:100-continue)?$/i;

/** pathOf returns the path of a request target, which may be a whole URL (RFC 9112, 3.2.2). */
function pathOf(target: string): string {
  const [path = ''] = target.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/);
  return path === '' ? '/' : path;
}

/** What cannot even be read with certainty, whatever it asks for. */
function judgeForm(head: RequestHead): HeadRefusal | undefined {
  const { headers, rawHeaders, httpVersion, httpVersionMajor } = head;
  if (httpVersionMajor !== 1) return { status: 505, why: 'The API speaks HTTP/1.0 and HTTP/1.1.' };
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    return { status: 431, why: `A request has at most ${MAX_HEADERS} header fields.` };
  }
  // Whoever passed it on may have read its length otherwise (RFC 9112, 6.1).
  if (httpVersion === '1.0' && headers['transfer-encoding'] !== undefined) {
    return { status: 400, why: 'HTTP/1.0 has no Transfer-Encoding.' };
  }
  return undefined;
}

function judgeDemand({ method, url = '', headers }: RequestHead): HeadRefusal | undefined {
  if (!PATHS.has(url) && !PATHS.has(pathOf(url))) {
    return { status: 404, why: 'The API is at / and /RPC2.' };
  }
  if (method !== 'POST') {
    return { status: 405, why: 'XML-RPC is called by POST.', headers: { Allow: 'POST' } };
  }
  if (!CONTINUE.test(headers.expect ?? '')) {
    return { status: 417, why: 'Nothing but 100-continue can be expected.' };
  }
  if (!PLAIN.test(headers['content-encoding'] ?? '')) {
    const taken = { 'Accept-Encoding': 'identity' };
    return { status: 415, why: 'A request must not be compressed.', headers: taken };
  }
  return undefined;
}

/** judgeHead returns why a request is refused before its body is read; undefined: it is not. */
export function judgeHead(head: RequestHead): HeadRefusal | undefined {
  return judgeForm(head) ?? judgeDemand(head);
}

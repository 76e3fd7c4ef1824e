/** Judges a request to the API by its first lines. Pure: it answers nothing. */
import { type HeadRefusal, judgeCoding, judgeForm, type RequestHead } from '@nodemgr/http-front';
import { MAX_HEADERS } from './http-bounds.ts';

/** The part of node:http's IncomingMessage that is looked at. */
export interface ApiRequestHead extends RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersionMajor: number;
  readonly headers: RequestHead['headers'] & { readonly expect?: string | undefined };
}

const PATHS: ReadonlySet<string> = new Set(['/', '/RPC2']);
/** The only expectation there is (RFC 9110, 10.1.1); node:http is content when it is one of several. */
const CONTINUE = /^(?:100-continue)?$/i;

/** pathOf returns the path of a request target, which may be a whole URL (RFC 9112, 3.2.2). */
function pathOf(target: string): string {
  const [path = ''] = target.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/);
  return path === '' ? '/' : path;
}

/** The API's reasons are sentences. */
function asSentence(refusal: HeadRefusal | undefined): HeadRefusal | undefined {
  if (refusal === undefined) return undefined;
  const { why } = refusal;
  return { ...refusal, why: `${why.charAt(0).toUpperCase()}${why.slice(1)}.` };
}

function judgeDemand({ method, url = '', headers }: ApiRequestHead): HeadRefusal | undefined {
  if (!PATHS.has(url) && !PATHS.has(pathOf(url))) {
    return { status: 404, why: 'The API is at / and /RPC2.' };
  }
  if (method !== 'POST') {
    return { status: 405, why: 'XML-RPC is called by POST.', headers: { Allow: 'POST' } };
  }
  if (!CONTINUE.test(headers.expect ?? '')) {
    return { status: 417, why: 'Nothing but 100-continue can be expected.' };
  }
  return undefined;
}

/** judgeHead returns why a request is refused before its body is read; undefined: it is not. */
export function judgeHead(head: ApiRequestHead): HeadRefusal | undefined {
  if (head.httpVersionMajor !== 1) {
    return { status: 505, why: 'The API speaks HTTP/1.0 and HTTP/1.1.' };
  }
  return (
    asSentence(judgeForm(head, MAX_HEADERS)) ?? judgeDemand(head) ?? asSentence(judgeCoding(head))
  );
}

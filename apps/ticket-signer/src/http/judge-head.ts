/** Judges a request for a signature by its first lines. Pure: it answers nothing. */
import { type HeadRefusal, judgeCoding, judgeForm, type RequestHead } from '@nodemgr/http-front';
import { MAX_HEADERS } from './http-bounds.ts';

/** The part of node:http's IncomingMessage that is looked at. */
export interface SignRequestHead extends RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: RequestHead['headers'] & { readonly 'content-length'?: string | undefined };
}

const PATH = '/sign';

/** judgeHead returns why a request is refused before its body is read; undefined: it is not. */
export function judgeHead(head: SignRequestHead, maxBodyBytes: number): HeadRefusal | undefined {
  const { method, url, headers } = head;
  const bad = judgeForm(head, MAX_HEADERS);
  if (bad !== undefined) return bad;
  if (url !== PATH) return { status: 404, why: `tickets are signed at ${PATH}` };
  if (method !== 'POST') {
    return { status: 405, why: 'tickets are signed by POST', headers: { Allow: 'POST' } };
  }
  const coded = judgeCoding(head);
  if (coded !== undefined) return coded;
  return Number(headers['content-length'] ?? 0) > maxBodyBytes
    ? judgeLength(maxBodyBytes)
    : undefined;
}

/** judgeLength is the refusal of a body that is too long, found before or while it is read. */
export function judgeLength(maxBodyBytes: number): HeadRefusal {
  return { status: 413, why: `a request has at most ${maxBodyBytes} bytes` };
}

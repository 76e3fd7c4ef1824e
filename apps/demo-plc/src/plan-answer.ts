/** Decides how a request is answered: status, headers, and in which encoding. Pure (RFC 9110). */

/** In the order in which we like them. */
const ENCODINGS = ['br', 'gzip', 'identity'] as const;
export type Encoding = (typeof ENCODINGS)[number];

export interface AskedFor {
  readonly method?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What is known of the document that is served. */
export interface DocumentFacts {
  readonly hash: string;
  readonly modifiedAt: Date;
}

export interface AnswerPlan {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the document follows, and how. */
  readonly body: Encoding | 'none';
}

/** A ticket, or why there is none: no slice of that name has tickets, or what it says makes no ticket. */
export type TicketAnswer =
  | { readonly issued: true; readonly ticket: string }
  | { readonly issued: false; readonly because: 'none' | 'unusable'; readonly why: string };

const PATH = '/slices.xml';
/** Where PLCAPI is on an authority's own server. */
export const API_PATH = '/PLCAPI/';
/** Names of slices are checked where they are looked up: here they only have to be plain. */
const TICKET_PATH = /^\/tickets\/([a-zA-Z0-9_.]{1,32})\.xml$/;
const XML = 'application/xml; charset=utf-8';
/** How long a client should leave us alone while there is no document, seconds. */
const RETRY_AFTER = '5';

const header = ({ headers }: AskedFor, name: string): string => String(headers[name] ?? '');

/** The first encoding of ours that the client takes; identity if it takes none (12.5.3). */
function chooseEncoding(asked: AskedFor): Encoding {
  const accepted = header(asked, 'accept-encoding')
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => !/;\s*q=0(\.0*)?$/.test(part))
    .map((part) => part.split(';')[0]?.trim());
  return ENCODINGS.find((encoding) => accepted.includes(encoding)) ?? 'identity';
}

/** Whether the client has this already (13.2.2): If-Modified-Since counts only without If-None-Match. */
function hasIt(asked: AskedFor, etag: string, modifiedAt: Date): boolean {
  const tags = header(asked, 'if-none-match');
  if (tags !== '') {
    return tags.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
  }
  const since = Date.parse(header(asked, 'if-modified-since'));
  // An HTTP date has no fraction of a second.
  return Math.floor(modifiedAt.getTime() / 1000) * 1000 <= since;
}

const pathOf = ({ url = '' }: AskedFor): string => url.split('?')[0] ?? '';

/** ticketAskedFor returns the slice whose ticket is asked for (`/tickets/SLICE.xml`), undefined for another path. */
export function ticketAskedFor(asked: AskedFor): string | undefined {
  return TICKET_PATH.exec(pathOf(asked))?.[1];
}

/** isCall reports whether a request is a call of the API. */
export function isCall(asked: AskedFor): boolean {
  return pathOf(asked) === API_PATH && asked.method === 'POST';
}

/** planRefusal decides on what needs no document: another path or method; undefined when one is needed. */
export function planRefusal(asked: AskedFor): AnswerPlan | undefined {
  const { method } = asked;
  const known = pathOf(asked) === PATH || ticketAskedFor(asked) !== undefined;
  if (!known) return { status: 404, headers: {}, body: 'none' };
  if (method === 'GET' || method === 'HEAD') return undefined;
  return { status: 405, headers: { allow: 'GET, HEAD' }, body: 'none' };
}

/** planUnreadable is the answer while the document is missing or cannot be read. */
export function planUnreadable() {
  return { status: 503, headers: { 'retry-after': RETRY_AFTER } } as const;
}

/** planTicket decides how a ticket is answered, or why there is none; a text for people goes with that. */
export function planTicket(answer: TicketAnswer): Omit<AnswerPlan, 'body'> {
  // Each ticket is signed for whoever asks, when he asks.
  const fresh = { 'cache-control': 'no-store' };
  if (answer.issued) return { status: 200, headers: { ...fresh, 'content-type': XML } };
  const status = answer.because === 'none' ? 404 : 409;
  return { status, headers: { ...fresh, 'content-type': 'text/plain; charset=utf-8' } };
}

/** planAnswer decides on a request for the document; undefined when it cannot be read just now. */
export function planAnswer(asked: AskedFor, document: DocumentFacts | undefined): AnswerPlan {
  if (document === undefined) return { ...planUnreadable(), body: 'none' };
  const encoding = chooseEncoding(asked);
  const etag = `"${document.hash}-${encoding}"`;
  const headers = {
    etag,
    'last-modified': document.modifiedAt.toUTCString(),
    'cache-control': 'no-cache',
    vary: 'accept-encoding',
  };
  if (hasIt(asked, etag, document.modifiedAt)) return { status: 304, headers, body: 'none' };
  const type = { 'content-type': XML };
  const encoded: Record<string, string> =
    encoding === 'identity' ? {} : { 'content-encoding': encoding };
  return { status: 200, headers: { ...headers, ...type, ...encoded }, body: encoding };
}

/**
 * Answers one HTTP request: refuses what is no POST to the API or too large, reads the body, and
 * hands it with its caller to be answered. It knows nothing of XML-RPC but faults.
 */
import type { ServerResponse } from 'node:http';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { Fault } from '@nodemgr/faults';
import { encodeFault } from '@nodemgr/xml-rpc';
import type { CallLog } from '../api/dispatch-call.ts';
import { type Caller, describeCaller } from '../caller/caller.ts';
import type { ApiRequest } from './api-request.ts';
import { BodyReader, type BodyRoom } from './read-body.ts';
import { refuse } from './refuse.ts';
import type { UnsentAnswers } from './unsent-answers.ts';

export interface AnswerOptions {
  readonly answer: (caller: Caller, body: Buffer) => Promise<string>;
  readonly limits: BodyLimits;
  /** Shared by all servers of the process. */
  readonly room: BodyRoom;
  /** Shared likewise. */
  readonly unsent: UnsentAnswers;
  readonly log: CallLog;
}

export interface BodyLimits {
  readonly maxBodyBytes: number;
}

/** A request and what is needed to answer it. */
export interface Exchange {
  readonly request: ApiRequest;
  readonly response: ServerResponse;
  readonly caller: Caller;
  /** The client waits for '100 Continue' before it sends the body. */
  readonly expectsContinue: boolean;
}

const PATHS: ReadonlySet<string> = new Set(['/', '/RPC2']);
const XML = { 'Content-Type': 'text/xml; charset=utf-8' };
const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };
/**
 * Content-Encoding of what is taken. A compressed body may be far longer than it looks, and no known
 * client sends one unless told to (RPC::XML can be). The answer is RFC 9110's (15.5.16, 12.5.3).
 */
const PLAIN = /^(?:identity)?$/i;

/** pathOf returns the path of a request target, which may be a whole URL (RFC 9112, 3.2.2). */
function pathOf(target: string): string {
  const [path = ''] = target.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/);
  return path === '' ? '/' : path;
}

async function refuseBody(
  { request, response, caller }: Exchange,
  { limits, log }: AnswerOptions,
  why: 'too long' | 'no room',
): Promise<void> {
  const fault =
    why === 'too long'
      ? new Fault('not-xml-rpc', `the request is longer than ${limits.maxBodyBytes} bytes`)
      : new Fault('unavailable', 'too many large requests are being received; try again');
  log.info({ caller: describeCaller(caller), reason: fault.message }, 'a request was refused');
  const body = Buffer.from(encodeFault(fault.code, fault.message));
  await refuse(request, response, why === 'too long' ? 413 : 503, XML, body);
}

/** refusesHead answers what its first lines already rule out; reports whether it did. */
async function refusesHead(exchange: Exchange, options: AnswerOptions): Promise<boolean> {
  const { request, response } = exchange;
  const { method, url = '', headers } = request;
  if (!PATHS.has(url) && !PATHS.has(pathOf(url))) {
    await refuse(request, response, 404, TEXT, Buffer.from('The API is at / and /RPC2.\n'));
  } else if (method !== 'POST') {
    const allowed = { ...TEXT, Allow: 'POST' };
    await refuse(request, response, 405, allowed, Buffer.from('XML-RPC is called by POST.\n'));
  } else if (!PLAIN.test(headers['content-encoding'] ?? '')) {
    const taken = { ...TEXT, 'Accept-Encoding': 'identity' };
    await refuse(request, response, 415, taken, Buffer.from('A request must not be compressed.\n'));
  } else if (Number(headers['content-length'] ?? 0) > options.limits.maxBodyBytes) {
    await refuseBody(exchange, options, 'too long');
  } else return false;
  return true;
}

async function answerBody(
  exchange: Exchange,
  options: AnswerOptions,
  reader: BodyReader,
): Promise<void> {
  const { request, response, caller } = exchange;
  const body = await reader.read(request);
  if (request.isCrumbs) {
    const fields = { caller: describeCaller(caller) };
    options.log.info(fields, 'a request was cut off: it came in far too many far too small chunks');
  }
  if (body === 'closed') return;
  if (typeof body === 'string') return refuseBody(exchange, options, body);
  const text = await options.answer(caller, body);
  // A client that does not read its answer holds no room for others' requests.
  reader.release();
  // Answers made in one turn of the loop leave together: to wake each caller costs more than to answer.
  await endOfTurn();
  response.writeHead(200, { ...XML, 'Content-Length': Buffer.byteLength(text) });
  // As a string it leaves in one piece with the head.
  await options.unsent.send(response, request.socket, text);
}

/** answerRequest resolves when a request has been answered or its connection is gone; it never rejects. */
export async function answerRequest(exchange: Exchange, options: AnswerOptions): Promise<void> {
  const { request, response, expectsContinue } = exchange;
  const reader = new BodyReader(options.room, options.limits.maxBodyBytes);
  try {
    if (await refusesHead(exchange, options)) return;
    if (expectsContinue) response.writeContinue();
    await answerBody(exchange, options, reader);
  } catch (error) {
    options.log.error({ err: error }, 'a request could not be answered; its connection is closed');
    request.socket.destroy();
  } finally {
    reader.release();
  }
}

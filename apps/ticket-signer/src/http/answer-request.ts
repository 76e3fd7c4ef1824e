/**
 * Answers the one request of a connection: refuses what is not taken, else reads the body and has it
 * signed when it is its turn. Who the caller is has been decided before.
 */
import { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { FairTurns } from '@nodemgr/daemon';
import { type HeadRefusal, receiveBody, refuseInWords } from '@nodemgr/http-front';
import type { Answer } from '../sign/answer-body.ts';
import type { Grant } from '../sign/judge-terms.ts';
import { LINGER, MAX_WAIT_MS } from './http-bounds.ts';
import { judgeHead, judgeLength } from './judge-head.ts';
import type { RefusalLog } from './refusal-log.ts';
import type { Place } from './request-places.ts';

/** A connection that has been let in. */
export interface Admitted {
  /** By which connections and lines of the log are counted; all who are not on the list are one. */
  readonly caller: string;
  /** For the log. */
  readonly who: string;
  /** Undefined: the caller is not on the list. */
  readonly grant?: Grant | undefined;
  readonly place: Place;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly admitted: Admitted;
  /** Whether the client waits to be asked for the body. */
  readonly expectsContinue: boolean;
}

export interface AnswerOptions {
  readonly maxBodyBytes: number;
  /** Each caller's signatures in rotation with the others', one at a time. */
  readonly turns: FairTurns;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
  readonly refusals: RefusalLog;
  readonly sign: (body: Buffer, grant: Grant) => Answer;
}

const RETRY = { 'Retry-After': '1' };
const BUSY: HeadRefusal = { status: 503, why: 'too many requests are under way', headers: RETRY };

function judgePlace({ place }: Admitted): HeadRefusal | undefined {
  if (place === 'caller busy') {
    return { status: 429, why: 'too many of your requests are under way', headers: RETRY };
  }
  return place === 'server busy' ? BUSY : undefined;
}

function refuse(exchange: Exchange, refusal: HeadRefusal, options: AnswerOptions): Promise<void> {
  const { admitted } = exchange;
  const { status, why } = refusal;
  options.refusals.refused(admitted.caller, { who: admitted.who, why, status });
  return refuseInWords(exchange, refusal, LINGER);
}

/** Returns the whole body; 'too long' leaves the rest unread, 'closed' is a client that has gone. */
function readBody(request: IncomingMessage, maxBytes: number) {
  let received = 0;
  return receiveBody(request, maxBytes, (bytes) => {
    received += bytes;
    return received > maxBytes ? 'too long' : undefined;
  });
}

function sendTicket(response: ServerResponse, ticket: string): void {
  const body = Buffer.from(ticket, 'utf8');
  response.writeHead(200, {
    'Content-Type': 'application/xml; charset=utf-8',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  response.end(body);
}

/** signInTurn returns undefined for a client that did not wait for its turn: it gets nothing signed. */
async function signInTurn(
  { response, admitted }: Exchange,
  grant: Grant,
  body: Buffer,
  { turns, monotonic, sign }: AnswerOptions,
): Promise<Answer | HeadRefusal | undefined> {
  const asked = monotonic();
  return turns.run([admitted.caller], async () => {
    // Everything else that there is to do has its turn between two signatures.
    await endOfTurn();
    if (response.destroyed) return undefined;
    return monotonic() - asked > MAX_WAIT_MS ? BUSY : sign(body, grant);
  });
}

async function answerGranted(
  exchange: Exchange,
  grant: Grant,
  options: AnswerOptions,
): Promise<void> {
  const { request, response, expectsContinue } = exchange;
  if (expectsContinue) response.writeContinue();
  const body = await readBody(request, options.maxBodyBytes);
  if (body === 'closed') return;
  if (body === 'too long') return refuse(exchange, judgeLength(options.maxBodyBytes), options);
  const answer = await signInTurn(exchange, grant, body, options);
  if (answer === undefined) return;
  if ('ticket' in answer) sendTicket(response, answer.ticket);
  else await refuse(exchange, answer, options);
}

/** answerRequest resolves when the request has been answered, or its client has gone. */
export async function answerRequest(exchange: Exchange, options: AnswerOptions): Promise<void> {
  const { request, admitted } = exchange;
  const { grant } = admitted;
  if (grant === undefined) {
    return refuse(exchange, { status: 403, why: 'you are not on the list of callers' }, options);
  }
  const refusal = judgePlace(admitted) ?? judgeHead(request, options.maxBodyBytes);
  return refusal === undefined
    ? answerGranted(exchange, grant, options)
    : refuse(exchange, refusal, options);
}

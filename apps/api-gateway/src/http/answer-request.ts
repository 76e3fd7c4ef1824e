/**
 * Answers one HTTP request: refuses what is no POST to the API or too large, reads the body, and
 * hands it with its caller to be answered. It knows nothing of XML-RPC but faults.
 */
import { Fault } from '@nodemgr/faults';
import { refuse, refuseInWords } from '@nodemgr/http-front';
import { encodeFault } from '@nodemgr/xml-rpc';
import type { CallLog } from '../api/dispatch-call.ts';
import { type Caller, describeCaller } from '../caller/caller.ts';
import { acceptedGzip } from './accepted-encoding.ts';
import type { AnswerCompression } from './answer-compression.ts';
import { answerInTime } from './answer-in-time.ts';
import type { Exchange } from './exchange.ts';
import { BYTES_OF_A_TURN, LINGER } from './http-bounds.ts';
import { judgeHead } from './judge-head.ts';
import { BodyReader, type BodyRoom } from './read-body.ts';
import type { TurnRotation } from './turn-rotation.ts';
import type { UnsentAnswers } from './unsent-answers.ts';

interface SendOptions {
  /** Shared by all servers of the process. */
  readonly unsent: UnsentAnswers;
  /** Shared likewise. */
  readonly compression: AnswerCompression;
  /** Shared likewise. */
  readonly turns: TurnRotation;
}

/** The answer depends on what the client takes, wherever something in between may keep it. */
const HEADERS = { 'Content-Type': 'text/xml; charset=utf-8', Vary: 'Accept-Encoding' };

/** sendAnswer resolves when the kernel has all of the answer or the connection is gone. */
async function sendAnswer(
  { request, response, shares, isLast }: Exchange,
  text: string,
  { unsent, compression, turns }: SendOptions,
): Promise<void> {
  const encoding = acceptedGzip(request.headers['accept-encoding']);
  const body = encoding && (await compression.compressed(text, shares[0]));
  await turns.endOfTurn();
  if (isLast()) response.shouldKeepAlive = false;
  if (body === undefined) {
    const length = Buffer.byteLength(text);
    response.writeHead(200, { ...HEADERS, 'Content-Length': length });
    // As a string it leaves in one piece with the head. ASCII, as most answers are, is the same bytes in both
    // encodings, and latin1 takes Node.js a fraction of the time.
    return unsent.send(response, request.socket, text, length === text.length ? 'latin1' : 'utf8');
  }
  const head = { ...HEADERS, 'Content-Encoding': encoding, 'Content-Length': body.length };
  response.writeHead(200, head);
  return unsent.send(response, request.socket, body);
}

export interface AnswerOptions extends SendOptions {
  /** It may throw or reject. */
  readonly answer: (caller: Caller, body: Buffer) => string | Promise<string>;
  readonly limits: AnswerLimits;
  /** Aborts when the gateway waits for no answer any more, because it is being stopped. */
  readonly cut: AbortSignal;
  /** Shared by all servers of the process. */
  readonly room: BodyRoom;
  readonly log: CallLog;
}

export interface AnswerLimits {
  readonly maxBodyBytes: number;
  /** How long a request that has arrived may take to be answered (milliseconds). */
  readonly answerMs: number;
}

const XML = { 'Content-Type': 'text/xml; charset=utf-8' };

async function refuseBody(
  exchange: Exchange,
  { limits, log }: AnswerOptions,
  why: 'too long' | 'no room',
): Promise<void> {
  const fault =
    why === 'too long'
      ? new Fault('not-xml-rpc', `the request is longer than ${limits.maxBodyBytes} bytes`)
      : new Fault('unavailable', 'too many large requests are being received; try again');
  log.info(
    { caller: describeCaller(exchange.caller), reason: fault.message },
    'a request was refused',
  );
  const body = Buffer.from(encodeFault(fault.code, fault.message));
  const status = why === 'too long' ? 413 : 503;
  await refuse(exchange, { status, headers: XML, body }, LINGER);
}

/** refusalOfHead begins to answer what its first lines already rule out; undefined: nothing does. */
function refusalOfHead(exchange: Exchange, options: AnswerOptions): Promise<void> | undefined {
  const { request } = exchange;
  const refusal = judgeHead(request);
  if (refusal !== undefined) return refuseInWords(exchange, refusal, LINGER);
  const length = Number(request.headers['content-length'] ?? 0);
  return length > options.limits.maxBodyBytes
    ? refuseBody(exchange, options, 'too long')
    : undefined;
}

/** answerBody reports whether the connection may go on. */
async function answerBody(
  exchange: Exchange,
  options: AnswerOptions,
  reader: BodyReader,
): Promise<boolean> {
  const { request, caller, shares } = exchange;
  const { limits, cut, turns, log } = options;
  const body = await reader.read(request);
  if (request.isCrumbs) {
    const fields = { caller: describeCaller(caller) };
    log.info(fields, 'a request was cut off: it came in far too many far too small chunks');
  }
  if (body === 'closed') return false;
  if (typeof body === 'string') {
    await refuseBody(exchange, options, body);
    return false;
  }
  const weight = 1 + Math.floor(body.length / BYTES_OF_A_TURN);
  await turns.turnOf(shares, weight);
  // A client that does not wait for its turn has nothing done.
  if (request.socket.destroyed) return false;
  const answering = options.answer(caller, body);
  const text =
    typeof answering === 'string'
      ? answering
      : await answerInTime(answering, {
          ms: limits.answerMs,
          atOnce: turns.endOfTurn(),
          cut,
          lateFailure: (error) =>
            log.error({ err: error }, 'a request failed after its client had been told to give up'),
        });
  // A client that does not read its answer holds no room for others' requests.
  reader.release();
  await sendAnswer(exchange, text, options);
  return exchange.response.shouldKeepAlive;
}

/**
 * answerRequest resolves when a request has been answered or its connection is gone; it never rejects.
 * False: the connection ends with this, and nothing that came after it may be done (RFC 9112, 9.6).
 */
export async function answerRequest(exchange: Exchange, options: AnswerOptions): Promise<boolean> {
  const { request, response, expectsContinue } = exchange;
  const reader = new BodyReader(options.room, options.limits.maxBodyBytes);
  try {
    const refusal = refusalOfHead(exchange, options);
    if (refusal !== undefined) {
      await refusal;
      return false;
    }
    if (expectsContinue) response.writeContinue();
    // What came behind it in the same piece is lost: node:http takes it for the other protocol's.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    return await answerBody(exchange, options, reader);
  } catch (error) {
    options.log.error({ err: error }, 'a request could not be answered; its connection is closed');
    request.socket.destroy();
    return false;
  } finally {
    reader.release();
  }
}

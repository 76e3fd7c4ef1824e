/** Sends the answer to a call: compressed where the client takes it, and never more than it reads. */
import { acceptedGzip } from './accepted-encoding.ts';
import type { AnswerCompression } from './answer-compression.ts';
import type { Exchange } from './exchange.ts';
import type { TurnRotation } from './turn-rotation.ts';
import type { UnsentAnswers } from './unsent-answers.ts';

export interface SendOptions {
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
export async function sendAnswer(
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

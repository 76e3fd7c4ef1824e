/**
 * Answers the body of one request of a known caller: with a signed ticket, which is logged before
 * anybody sees it, or with why there is none. It knows nothing of HTTP but its numbers.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import type { Logger } from '@nodemgr/daemon';
import { Fault } from '@nodemgr/faults';
import type { EpochSeconds } from '@nodemgr/records';
import { readTicket, refuseForeign, type TicketContent } from '@nodemgr/tickets';
import { describeSignature } from './describe-signature.ts';
import { frameTicket } from './frame-ticket.ts';
import { type Grant, judgeTerms } from './judge-terms.ts';
import type { SigningKey } from './signing-key.ts';

export type Answer =
  | { readonly status: 200; readonly ticket: string }
  | { readonly status: 400 | 403 | 500; readonly why: string };

export interface SignPorts {
  readonly key: SigningKey;
  readonly now: () => EpochSeconds;
  readonly log: Pick<Logger, 'info' | 'error' | 'flush'>;
}

function readRequest(body: Uint8Array, now: EpochSeconds): TicketContent {
  // Before `issued` is put into it, which no ticket of PLC 3 has.
  refuseForeign(body);
  // Said here, because what is not UTF-8 would be changed by becoming text.
  if (!isUtf8(body)) throw new Fault('bad-argument', 'the ticket is refused: it is not UTF-8');
  const framed = frameTicket(Buffer.from(body).toString('utf8'), now);
  const { content, signed } = readTicket(Buffer.from(framed, 'utf8'));
  if (signed === undefined) return content;
  throw new Fault('bad-argument', 'the ticket is refused: it is signed already');
}

function logSignature({ log }: SignPorts, caller: string, content: TicketContent, ticket: string) {
  log.info({ caller, ...describeSignature(content, ticket) }, 'signed');
  // It is out before the ticket is.
  log.flush();
}

function sign(body: Uint8Array, grant: Grant, ports: SignPorts): Answer {
  const now = ports.now();
  const terms = judgeTerms(readRequest(body, now), grant, now);
  if ('why' in terms) return { status: 403, why: terms.why };
  const ticket = ports.key.sign(terms.content);
  logSignature(ports, grant.name, terms.content, ticket);
  return { status: 200, ticket };
}

/** answerBody never throws: what is no fault of the caller's is logged, and answered with 500. */
export function answerBody(body: Uint8Array, grant: Grant, ports: SignPorts): Answer {
  try {
    return sign(body, grant, ports);
  } catch (error) {
    if (error instanceof Fault && error.kind !== 'internal') {
      return { status: 400, why: error.message };
    }
    ports.log.error({ err: error, caller: grant.name }, 'a ticket could not be signed');
    return { status: 500, why: 'the ticket could not be signed; the log says why' };
  }
}

/**
 * Answers calls on one endpoint (ROUTER). Every request is checked against the contract before a
 * handler sees it, every result before it is sent. A request whose deadline has passed is dropped:
 * its caller has been told that it failed.
 */
import type { Contract, Method, ParamsOf, ResultOf } from '@nodemgr/contracts';
import { asFault, Fault } from '@nodemgr/faults';
import type { Logger } from 'pino';
import { Router } from 'zeromq';
import { FairTurn } from './fair-turn.ts';
import { SendQueue } from './send-queue.ts';
import { addressOf, MAX_MESSAGE_BYTES, openToFolder, prepareFolder } from './socket-file.ts';
import { type Answer, checked, encodeBody, monotonicMs, parseJson, requestSchema } from './wire.ts';

export type Handlers<C extends Contract> = {
  readonly [M in keyof C]: (params: ParamsOf<C, M>) => ResultOf<C, M> | Promise<ResultOf<C, M>>;
};

export interface CallServer {
  close(): Promise<void>;
}

/** A request that asks to be kept for longer than this is refused (milliseconds). */
export const LONGEST_DEADLINE_MS = 300_000;
/** Requests worked on at once; more are answered `unavailable`. */
const MAX_IN_FLIGHT = 256;
const MAX_QUEUED_ANSWERS = 10_000;
const ANSWER_MS = 5_000;

type AnyHandler = (params: unknown) => unknown;

async function answerTo(
  body: string,
  contract: Contract,
  handlers: Readonly<Record<string, AnyHandler>>,
): Promise<Answer | 'too late'> {
  try {
    const request = checked(requestSchema, parseJson(body, 'the request'), 'the request');
    const left = request.deadline - monotonicMs();
    if (left < 0) return 'too late';
    if (left > LONGEST_DEADLINE_MS) {
      throw new Fault('bad-argument', `a deadline ${left} ms away; at most ${LONGEST_DEADLINE_MS}`);
    }
    const entry: Method | undefined = Object.hasOwn(contract, request.method)
      ? contract[request.method]
      : undefined;
    const handler = handlers[request.method];
    if (entry === undefined || handler === undefined) {
      throw new Fault('no-such-method', `this endpoint has no method '${request.method}'`);
    }
    const result = await handler(checked(entry.params, request.params, request.method));
    return { ok: true, result: checked(entry.result, result, `the result of ${request.method}`) };
  } catch (error) {
    return failure(asFault(error));
  }
}

const failure = ({ kind, message }: Fault): Answer => ({ ok: false, kind, message });

function encodeAnswer(answer: Answer): string {
  try {
    return encodeBody(answer, 'the answer');
  } catch (error) {
    return JSON.stringify(failure(new Fault('internal', (error as Error).message)));
  }
}

/** serveCalls binds `path` and answers until it is closed. Rejects when the path cannot be bound. */
export async function serveCalls<C extends Contract>(options: {
  readonly path: string;
  readonly contract: C;
  readonly handlers: Handlers<C>;
  readonly log: Logger;
}): Promise<CallServer> {
  const { path, contract, log } = options;
  // The handlers' parameter types differ by method; `checked` has made them right at run time.
  const handlers = options.handlers as unknown as Readonly<Record<string, AnyHandler>>;
  await prepareFolder(path);
  const socket = new Router({
    linger: 0,
    maxMessageSize: MAX_MESSAGE_BYTES,
    sendTimeout: ANSWER_MS,
  });
  await socket.bind(addressOf(path));
  await openToFolder(path);
  const answers = new SendQueue(socket, MAX_QUEUED_ANSWERS);
  let inFlight = 0;

  async function handle(peer: Buffer, id: Buffer, body: string): Promise<void> {
    inFlight += 1;
    try {
      const answer: Answer | 'too late' =
        inFlight > MAX_IN_FLIGHT
          ? failure(new Fault('unavailable', `${MAX_IN_FLIGHT} calls are in progress`))
          : await answerTo(body, contract, handlers);
      if (answer === 'too late') return;
      if (!answer.ok) log.debug({ path, kind: answer.kind, reason: answer.message }, 'call failed');
      answers.push([peer, id, encodeAnswer(answer)], performance.now() + ANSWER_MS, (error) =>
        log.warn({ path, err: error }, 'an answer could not be sent; its caller will time out'),
      );
    } finally {
      inFlight -= 1;
    }
  }

  async function serve(): Promise<void> {
    const turn = new FairTurn();
    for await (const frames of socket) {
      await turn.next();
      const [peer, id, body] = frames;
      if (peer === undefined || id === undefined || body === undefined || frames.length !== 3) {
        log.warn({ path, frames: frames.length }, 'a message that is no call was dropped');
        continue;
      }
      void handle(peer, id, body.toString('utf8'));
    }
  }
  const served = serve();

  return {
    async close() {
      answers.close();
      socket.close();
      await served;
    },
  };
}

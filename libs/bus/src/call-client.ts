/**
 * Makes calls on one endpoint (DEALER). Every call has a deadline; what has not been sent or answered
 * by then fails as `unavailable`. A call whose server dies is asked again of the next one, so every
 * method must be safe to repeat: those that change something carry a request id.
 */
import type { Contract, Method, ParamsOf, ResultOf } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import { Dealer } from 'zeromq';
import { FairTurn } from './fair-turn.ts';
import { NoAnswer } from './no-answer.ts';
import { SendQueue } from './send-queue.ts';
import { addressOf, MAX_MESSAGE_BYTES } from './socket-file.ts';
import { type Answer, answerSchema, checked, encodeBody, monotonicMs, parseJson } from './wire.ts';

export interface CallClient<C extends Contract> {
  /** call rejects with a Fault: the server's own, or NoAnswer (`unavailable`) without one in time. */
  call<M extends keyof C & string>(
    method: M,
    params: ParamsOf<C, M>,
    options: { readonly deadlineMs: number },
  ): Promise<ResultOf<C, M>>;
  close(): void;
}

const MAX_WAITING = 10_000;
/** How long one attempt to send lasts; between attempts the call's own deadline is looked at. */
const SEND_ATTEMPT_MS = 100;

interface Pending {
  settle(answer: Answer | Fault): void;
  send(): void;
}

/** How long the socket waits between attempts to connect, at least and at most (milliseconds). */
const RECONNECT = { reconnectInterval: 50, reconnectMaxInterval: 500 };

/** connectCalls returns at once; a server that is not there yet is waited for, each call up to its deadline. */
export function connectCalls<C extends Contract>(options: {
  readonly path: string;
  readonly contract: C;
}): CallClient<C> {
  const { path, contract } = options;
  const socket = new Dealer({
    linger: 0,
    // Only to a server that is there: a call must not wait in a queue until after its deadline.
    immediate: true,
    sendTimeout: SEND_ATTEMPT_MS,
    maxMessageSize: MAX_MESSAGE_BYTES,
    ...RECONNECT,
  });
  socket.connect(addressOf(path));
  const outgoing = new SendQueue(socket, MAX_WAITING);
  const pending = new Map<string, Pending>();
  let lastId = 0;

  async function receive(): Promise<void> {
    const turn = new FairTurn();
    for await (const [id, body] of socket) {
      await turn.next();
      const waiting = pending.get(id?.toString() ?? '');
      if (waiting === undefined || body === undefined) continue;
      try {
        const parsed = parseJson(body.toString('utf8'), 'the answer');
        waiting.settle(checked(answerSchema, parsed, 'the answer') as Answer);
      } catch (error) {
        waiting.settle(new Fault('internal', `${path}: ${(error as Error).message}`));
      }
    }
  }
  const received = receive();

  // What was under way when a connection broke may be lost; the next connection hears it again.
  let broken = false;
  socket.events.on('disconnect', () => {
    broken = true;
  });
  socket.events.on('handshake', () => {
    if (broken) for (const { send } of pending.values()) send();
    broken = false;
  });

  async function exchange(method: string, params: unknown, deadlineMs: number): Promise<Answer> {
    lastId += 1;
    const id = String(lastId);
    const request = { method, deadline: monotonicMs() + deadlineMs, params };
    const body = encodeBody(request, method);
    return new Promise((resolve, reject) => {
      const settle = (outcome: Answer | Fault) => {
        clearTimeout(timer);
        if (!pending.delete(id)) return;
        if (outcome instanceof Fault) reject(outcome);
        else resolve(outcome);
      };
      const timer = setTimeout(
        () => settle(new NoAnswer(`no answer to ${method} in ${deadlineMs} ms`)),
        deadlineMs,
      );
      const frames = [id, body];
      const until = performance.now() + deadlineMs;
      const send = () =>
        outgoing.push(frames, until, (cause) =>
          settle(new NoAnswer(`${method} could not be sent`, { cause })),
        );
      pending.set(id, { settle, send });
      send();
    });
  }

  return {
    async call(method, params, { deadlineMs }) {
      const answer = await exchange(method, params, deadlineMs);
      if (!answer.ok) throw new Fault(answer.kind, answer.message);
      const { result } = contract[method] as Method<unknown, ResultOf<C, typeof method>>;
      return checked(result, answer.result, `the result of ${method}`);
    },
    close() {
      outgoing.close();
      for (const { settle } of [...pending.values()]) {
        settle(new NoAnswer('the client was closed'));
      }
      socket.close();
      void received;
    },
  };
}

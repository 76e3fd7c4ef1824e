/** A client at work: it makes the calls that a test tells it to, and tells what it was given. */
import { skipNote } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiAnswer,
  ClientProcess,
  type ClientTarget,
  faultOf,
  resultOf,
} from '../support/client-process.ts';
import { BORROWER } from './sample-node.ts';
import { isInstalled, STRANGERS, type Stranger } from './strangers.ts';
import { string, type TypedValue } from './typed-value.ts';

/** asText returns what a client without types gives out for `value`. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asText(inner)]));
}

export class Session {
  readonly #process: ClientProcess;

  constructor(
    readonly stranger: Stranger,
    target: ClientTarget,
  ) {
    this.#process = new ClientProcess(stranger.command, target);
  }

  ask(method: string, ...typed: readonly TypedValue[]): Promise<ApiAnswer> {
    return this.#process.tell({ method, typed });
  }

  /** askIn has the client declare another encoding for this call, and use it. */
  askIn(encoding: string, method: string, ...typed: readonly TypedValue[]): Promise<ApiAnswer> {
    return this.#process.tell({ method, typed, encoding });
  }

  async call(method: string, ...typed: readonly TypedValue[]): Promise<unknown> {
    return resultOf(method, await this.ask(method, ...typed));
  }

  async faultOf(
    method: string,
    ...typed: readonly TypedValue[]
  ): Promise<readonly [number, string]> {
    return faultOf(method, await this.ask(method, ...typed));
  }

  /** given returns what this client makes of a value of ours that holds no integer over 31 bits. */
  given(value: unknown): unknown {
    return this.stranger.untyped ? asText(value) : value;
  }

  /** stillWorks makes a call whose result is known, on whatever is left of the connection. */
  async stillWorks(): Promise<void> {
    expect(await this.call('GetLoans', string(BORROWER))).toEqual([]);
  }

  close(): void {
    this.#process.close();
  }
}

export interface Suite {
  readonly stranger: Stranger;
  /** The session of this suite. */
  readonly api: () => Session;
  /** Declares a test, which is skipped where the client is not installed. */
  readonly works: ReturnType<typeof test.skipIf>;
  /** target returns where the client finds the API. */
  readonly target: () => ClientTarget;
}

/**
 * describeEachClient declares the same suite for each client on each of `kinds` that it can use.
 * `targets` is asked once the tests run. A client that is not installed has its tests skipped, and
 * they say what they need.
 */
export function describeEachClient(
  targets: (kind: 'tcp' | 'unix') => ClientTarget,
  suite: (tools: Suite) => void,
  kinds: readonly ('tcp' | 'unix')[] = ['tcp', 'unix'],
): void {
  for (const stranger of STRANGERS) {
    const present = isInstalled(stranger.probe);
    const note = skipNote(present ? [] : stranger.packages);
    const usable = stranger.sockets.filter((kind) => kinds.includes(kind));
    describe.each(usable)(`${stranger.name} on %s${note}`, (kind) => {
      let session: Session | undefined;
      const target = () => targets(kind);
      // A suite that is skipped has no client to start.
      beforeAll(() => {
        if (present) session = new Session(stranger, target());
      });
      afterAll(() => session?.close());
      const api = (): Session => {
        if (session === undefined) throw new Error('no session outside a test');
        return session;
      };
      suite({ stranger, api, works: test.skipIf(!present), target });
    });
  }
}

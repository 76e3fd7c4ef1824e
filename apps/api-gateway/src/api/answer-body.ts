/** From the bytes of a request to the text of its answer. HTTP is not known here. */
import { asFault } from '@nodemgr/faults';
import {
  type DecodeBounds,
  decodeCall,
  encodeFault,
  encodeResponse,
  type XmlRpcCall,
} from '@nodemgr/xml-rpc';
import type { Caller } from '../caller/caller.ts';
import type { Outcome } from './api-method.ts';
import type { CallDispatcher } from './dispatch-call.ts';

export interface AnswerOptions {
  readonly dispatcher: CallDispatcher;
  readonly bounds: DecodeBounds;
  readonly now: () => number;
}

export class BodyAnswerer {
  readonly #options: AnswerOptions;
  /**
   * Encoded results by the object that they were made of. Results are never changed, and RSpecs are
   * the replica's own objects, so the same answer is written once and goes when the object goes.
   */
  readonly #encoded = new WeakMap<object, string>();
  /** The answer of every method without a value. */
  readonly #done = encodeResponse(1);

  constructor(options: AnswerOptions) {
    this.#options = options;
  }

  /** answer returns the methodResponse to a body; it fails only for a result that cannot be written. */
  answer(caller: Caller, body: Uint8Array): string | Promise<string> {
    const outcome = this.#outcome(caller, body);
    return outcome instanceof Promise
      ? outcome.then((later) => this.#encode(later))
      : this.#encode(outcome);
  }

  #outcome(caller: Caller, body: Uint8Array): Outcome | Promise<Outcome> {
    const { dispatcher, bounds, now } = this.#options;
    const started = now();
    let call: XmlRpcCall;
    try {
      call = decodeCall(body, bounds);
    } catch (error) {
      return dispatcher.refused(caller, asFault(error), now() - started);
    }
    return dispatcher.call(caller, call);
  }

  #encode(outcome: Outcome): string {
    if ('code' in outcome) return encodeFault(outcome.code, outcome.text);
    const { value } = outcome;
    if (value === 1) return this.#done;
    if (typeof value !== 'object' || value === null) return encodeResponse(value);
    const known = this.#encoded.get(value);
    if (known !== undefined) return known;
    const encoded = encodeResponse(value);
    this.#encoded.set(value, encoded);
    return encoded;
  }
}

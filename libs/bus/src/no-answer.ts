/** The one fault of a call that is the bus's own: nobody answered. */
import { Fault } from '@nodemgr/faults';

/**
 * NoAnswer: the call could not be sent, or was not answered before its deadline, so a change that it
 * asked for may have been made. Like any other fault, but for this; one that a server answers with is
 * never it.
 */
export class NoAnswer extends Fault {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('unavailable', message, options);
  }
}

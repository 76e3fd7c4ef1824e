/**
 * Asks the daemons on their operator sockets. One that does not answer costs its own deadline and
 * holds up no other; its failure becomes an answer too, never an exception.
 */
import { connectCalls } from '@nodemgr/bus';
import {
  type DaemonName,
  type Endpoints,
  OPERATOR_CONTRACTS,
  type OperatorContracts,
  type ParamsOf,
  type ResultOf,
} from '@nodemgr/contracts';
import { asFault } from '@nodemgr/faults';
import type { Answer } from './answer.ts';
import { knock } from './knock.ts';

export type Ask = <D extends DaemonName, M extends keyof OperatorContracts[D] & string>(
  daemon: D,
  method: M,
  params: ParamsOf<OperatorContracts[D], M>,
  deadlineMs: number,
) => Promise<Answer<ResultOf<OperatorContracts[D], M>>>;

/** Deadline of a question that is answered from memory (milliseconds). */
export const GLANCE_MS = 3_000;
/** Deadline of a question whose answer may be long, or is computed first. */
export const LOOK_MS = 5_000;

function failed(error: unknown) {
  const { kind, message } = asFault(error);
  return { answered: false, kind, reason: message } as const;
}

/** makeAsk returns the way to ask the daemons of one node, on the node itself. */
export function makeAsk(endpoints: Endpoints): Ask {
  return async (daemon, method, params, deadlineMs) => {
    const path = endpoints.operator[daemon];
    try {
      await knock(path);
    } catch (error) {
      return failed(error);
    }
    const client = connectCalls({ path, contract: OPERATOR_CONTRACTS[daemon] });
    try {
      return { answered: true, value: await client.call(method, params, { deadlineMs }) };
    } catch (error) {
      return { ...failed(error), asked: true };
    } finally {
      client.close();
    }
  };
}

/**
 * Asks the daemons on their operator sockets. One that does not answer costs its own deadline and
 * holds up no other; its failure becomes an answer too, never an exception.
 */
import { createConnection } from 'node:net';
import { connectCalls } from '@nodemgr/bus';
import {
  type DaemonName,
  endpointsBelow,
  OPERATOR_CONTRACTS,
  type OperatorContracts,
  type ParamsOf,
  type ResultOf,
} from '@nodemgr/contracts';
import { asFault, Fault } from '@nodemgr/faults';
import type { Session } from '../session.ts';
import type { Answer } from './answer.ts';

const NOT_RUNNING = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED']);

function refusal(error: NodeJS.ErrnoException): Fault | undefined {
  const { code = '', message } = error;
  // Its queue is full: somebody is there, and slow.
  if (code === 'EAGAIN') return undefined;
  if (code === 'EACCES')
    return new Fault('permission-denied', 'operators are root', { cause: error });
  const reason = NOT_RUNNING.has(code) ? 'it is not running' : message;
  return new Fault('unavailable', reason, { cause: error });
}

/**
 * knock resolves when somebody listens at `path`; rejects with Fault `unavailable` when nobody does,
 * and `permission-denied` when we may not connect. It ends at once: connect(2) on a Unix socket does.
 */
function knock(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    const end = (fault: Fault | undefined) => {
      socket.destroy();
      if (fault === undefined) resolve();
      else reject(fault);
    };
    socket.once('connect', () => end(undefined));
    socket.once('error', (error) => end(refusal(error)));
  });
}

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

/** daemonsOf returns the way to ask the daemons of the node that a session is for; throws ConfigError. */
export function daemonsOf(session: Session): Ask {
  const endpoints = endpointsBelow(session.config().node.runtime_dir);
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

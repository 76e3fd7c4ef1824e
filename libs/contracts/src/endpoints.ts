/**
 * Where each process can be reached. Every trust level has a folder of its own below the runtime
 * directory, so that file permissions decide who can connect:
 *
 *   deliver/   plc-fetcher → db-service    records
 *   write/     api-gateway → db-service    loans and run state; keys and slivers in tickets alone,
 *                                          whose signature db-service checks
 *   feed/      agents and gateway ← db-service
 *   use/NAME/  api-gateway → agent NAME    the use that slivers make of the node
 *   op/NAME/   operators (root) → process NAME
 */
import { join } from 'node:path';

export const DAEMONS = [
  'plc-fetcher',
  'db-service',
  'account-supervisor',
  'bwcap-agent',
  'api-gateway',
] as const;
export type DaemonName = (typeof DAEMONS)[number];

/** The daemons that count what slivers use. */
export const COUNTING_AGENTS = ['account-supervisor', 'bwcap-agent'] as const;
export type CountingAgent = (typeof COUNTING_AGENTS)[number];

export interface Endpoints {
  /** Sockets of the bus: absolute paths. */
  readonly deliver: string;
  readonly write: string;
  readonly feedChanges: string;
  readonly feedSnapshot: string;
  readonly usage: Readonly<Record<CountingAgent, string>>;
  readonly operator: Readonly<Record<DaemonName, string>>;
}

/** endpointsBelow lays the bus out below one runtime directory. */
export function endpointsBelow(runtimeDir: string): Endpoints {
  const operator = (name: DaemonName) => join(runtimeDir, 'op', name, 'ctl.sock');
  const usage = (name: CountingAgent) => join(runtimeDir, 'use', name, 'c.sock');
  return {
    deliver: join(runtimeDir, 'deliver', 'db.sock'),
    write: join(runtimeDir, 'write', 'db.sock'),
    feedChanges: join(runtimeDir, 'feed', 'changes.sock'),
    feedSnapshot: join(runtimeDir, 'feed', 'snapshot.sock'),
    usage: {
      'account-supervisor': usage('account-supervisor'),
      'bwcap-agent': usage('bwcap-agent'),
    },
    operator: {
      'plc-fetcher': operator('plc-fetcher'),
      'db-service': operator('db-service'),
      'account-supervisor': operator('account-supervisor'),
      'bwcap-agent': operator('bwcap-agent'),
      'api-gateway': operator('api-gateway'),
    },
  };
}

/** The longest socket path that Linux takes, less the terminating zero (unix(7)). */
export const MAX_SOCKET_PATH = 107;

/** longestSocketPath returns the longest path that the bus needs below `runtimeDir`. */
export function longestSocketPath(runtimeDir: string): string {
  const { operator, usage, ...others } = endpointsBelow(runtimeDir);
  const paths = [others, operator, usage].flatMap((each) => Object.values(each));
  return paths.reduce((longest, path) => (path.length > longest.length ? path : longest));
}

/**
 * The configuration that the demo's processes run with: what a demo needs, then the user's own file,
 * then the flags. Pure.
 */
import { join } from 'node:path';
import { ENV_PREFIX, mergeConfig } from '@nodemgr/config';
import type { DemoOptions } from './demo-options.ts';

type Tree = Record<string, unknown>;

/** The node that the sample testbed has most slices on. */
const SAMPLE_NODE_ID = 17;

export interface DemoPlaces {
  readonly stateDir: string;
  readonly runtimeDir: string;
  /** Who runs the demo: counts as root, since without root there is no other operator. */
  readonly uid: number;
}

/** demoDefaults is a node that pretends, below one folder. */
export function demoDefaults({ stateDir, runtimeDir, uid }: DemoPlaces): Tree {
  return {
    node: { id: SAMPLE_NODE_ID, driver: 'dry-run', state_dir: stateDir, runtime_dir: runtimeDir },
    plc: { poll_seconds: 15, spread: 0, max_backoff_seconds: 15 },
    // A machine to try things on need not run a time service.
    clock: { require_sync: false },
    accounts: {
      passwd_file: join(stateDir, 'machine', 'etc', 'passwd'),
      subuid_file: join(stateDir, 'machine', 'etc', 'subuid'),
    },
    bandwidth: {
      cap: 100_000_000,
      exempt_ips: ['192.0.2.0/24', '2001:db8::/32'],
      interface: 'eth0',
    },
    delegates: [
      { name: 'del_snoop', methods: ['GetRSpec', 'GetEffectiveRSpec', 'GetLoans'], ssh_keys: [] },
    ],
    api: { tcp_port: 8812, root_uids: [...new Set([0, uid])] },
  };
}

/** The keys that flags set; flags that were not given set nothing. Whoever polls often retries often. */
export function flagOverrides(options: DemoOptions): Tree {
  const entries: readonly [section: string, key: string, value: unknown][] = [
    ['node', 'id', options.nodeId],
    ['plc', 'poll_seconds', options.pollSeconds],
    ['plc', 'max_backoff_seconds', options.pollSeconds],
    ['api', 'tcp_port', options.tcpPort],
  ];
  return entries
    .filter(([, , value]) => value !== undefined)
    .reduce<Tree>(
      (tree, [section, key, value]) => mergeConfig(tree, { [section]: { [key]: value } }),
      {},
    );
}

/** withoutOverrides returns an environment in which no variable sets a key: they are in the file by now. */
export function withoutOverrides(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith(ENV_PREFIX)));
}

/** ownPlc reports whether the user's configuration names a PLC, so that demo-plc is not needed. */
export function ownPlc(user: Tree): boolean {
  const plc = user['plc'];
  return typeof plc === 'object' && plc !== null && 'url' in plc;
}

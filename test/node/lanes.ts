/**
 * Which tests run on which machine, and in which order: each leaves the node as the testbed has it, and the
 * last one of CI's ends it. A machine starts when the one before it has ended.
 */
import type { MachineKind } from './machine/render-qemu.ts';

/** The tests that CI runs, and whoever names none. */
export const LANES = [
  [
    // Wants a node that has had no sliver yet.
    'slivers-come-up',
    'login',
    'api-from-inside',
    'ssh-logins',
    'delegate',
    'history',
    'survival',
    'gateway-restart',
    'disk',
    'memory-and-tasks',
    // From its end on, the files of what is removed are not kept.
    'life',
    'cycles',
    'packaging',
  ],
] as const;

/** Its machine has processor sets. */
const LAW_LANE: readonly string[] = ['law'];

/** The tests for which CI has no time: they run with --all, or when they are named. */
export const MORE_LANES = [
  ['cpu', 'ticket-signer', 'tickets', 'power-cut', 'bandwidth'],
  ['names', 'broken-key', 'many-logins', 'mended', 'clock'],
  LAW_LANE,
  // The last one leaves the clock of its machine ahead.
  ['neighbours', 'tenant', 'leases'],
] as const;

export const ALL_LANES: readonly (readonly string[])[] = [...LANES, ...MORE_LANES];

/** kindFor returns the kind of machine that the tests of a lane want. */
export function kindFor(lane: readonly string[]): MachineKind {
  return lane === LAW_LANE ? 'with processor sets' : 'usual';
}

export const SUFFIX = '.node-test.ts';

/** fileOf returns the path of a test's file. */
export function fileOf(name: string): string {
  return `test/node/${name}${SUFFIX}`;
}

/**
 * Which tests run on which machine, and in which order: each leaves the node as the testbed has it, and the
 * last ones of the second end it. The second machine starts when the first one has ended.
 */
export const LANES = [
  [
    // Wants a node that has had no sliver yet.
    'slivers-come-up',
    'login',
    'api-from-inside',
    'ssh-logins',
    'delegate',
    'cycles',
    'history',
    'ticket-signer',
    'survival',
  ],
  [
    'gateway-restart',
    'disk',
    'cpu',
    'memory-and-tasks',
    'bandwidth',
    'life',
    'tickets',
    'power-cut',
    'packaging',
  ],
] as const;

/**
 * Tests that have not passed as a whole on a machine yet, and so are no part of a run of all: they run, on a
 * machine of their own, when they are named (npm run test:node -- names).
 */
export const BY_NAME = ['names', 'broken-key', 'many-logins', 'mended', 'clock'] as const;

export const SUFFIX = '.node-test.ts';

/** fileOf returns the path of a test's file. */
export function fileOf(name: string): string {
  return `test/node/${name}${SUFFIX}`;
}

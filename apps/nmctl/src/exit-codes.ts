/** The exit codes of nmctl and their meanings: the one list that the code, the help and the tests go by. */

export const EXIT = {
  ok: 0,
  trouble: 1,
  usage: 2,
  silent: 3,
  fault: 4,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For people, as `nmctl --help` shows them. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'all is well',
  1: 'something is down, failing, held back or wrong, or a part of the answer is missing',
  2: 'wrong usage, or a configuration that cannot be used',
  3: 'nothing that could answer does: is the node manager running?',
  4: 'the API answered with a fault (call, ticket deliver)',
};

/** The exit codes of nmctl and their meanings: the one list that the code, the help and the tests go by. */

export const EXIT = {
  ok: 0,
  trouble: 1,
  usage: 2,
  silent: 3,
  fault: 4,
} as const;
type OwnExitCode = (typeof EXIT)[keyof typeof EXIT];

declare const passedOn: unique symbol;
/** The exit status of nmctl: one of its own, or that of the program that it ran in its place (exec). */
export type ExitCode = OwnExitCode | (number & { readonly [passedOn]: true });

/** passOn returns the exit status of another program as nmctl's own. */
export const passOn = (status: number): ExitCode => status as ExitCode;

/** For people, as `nmctl --help` shows them. */
export const EXIT_MEANINGS: Readonly<Record<OwnExitCode, string>> = {
  0: 'all is well',
  1: 'something is down, failing, held back or wrong, or a part of the answer is missing',
  2: 'wrong usage, or a configuration that cannot be used',
  3: 'nothing that could answer does: is the node manager running?',
  4: 'the API answered with a fault (call, ticket deliver)',
};

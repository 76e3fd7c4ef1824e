/** Decides what a line of the log has of an error: a sentence and a code, and a stack trace where it is a defect of ours. Pure. */
import { AssertionError } from 'node:assert';
import { Fault } from '@nodemgr/faults';
import { oneLine } from './one-line.ts';

/** An error as the log has it. */
export interface DescribedError {
  /** Its message with those of its causes, on one line. */
  readonly message: string;
  /** The system's code (`ENOENT`), or the kind of a Fault. */
  readonly code?: string;
  /** Only of a defect: the frames of the innermost error. */
  readonly stack?: string;
}

const OF_DEFECTS = [TypeError, RangeError, ReferenceError, AssertionError] as const;

/** chainOf returns an error and its causes, the outermost first. */
function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  // A cause may be its own effect.
  for (let at = error; at instanceof Error && !chain.includes(at); at = at.cause) chain.push(at);
  return chain;
}

function codeOf(error: Error): string | undefined {
  if (error instanceof Fault) return error.kind;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : undefined;
}

/** Has the number that the system gave it: what was called was called rightly, and failed. */
const isOfSystem = (error: Error): boolean => 'errno' in error || 'syscall' in error;

/**
 * isDefect reports whether an error says that the program is wrong, rather than its input or its surroundings:
 * what JavaScript throws at wrong code, or a Fault of kind `internal`. (fetch throws a TypeError around
 * an error of the system, which is none.)
 */
export function isDefect(error: unknown): boolean {
  const chain = chainOf(error);
  if (chain.some((one) => one instanceof Fault && one.kind === 'internal')) return true;
  return (
    !chain.some(isOfSystem) && chain.some((one) => OF_DEFECTS.some((kind) => one instanceof kind))
  );
}

/** describeError returns what the log has of an error; what is none is its own message. */
export function describeError(error: unknown): DescribedError {
  const chain = chainOf(error);
  const code = chain.map(codeOf).find((one) => one !== undefined);
  const stack = isDefect(error) ? chain.at(-1)?.stack : undefined;
  return {
    message: oneLine(error),
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack }),
  };
}

/** unhandled returns an error that nobody has handled as the defect that it is, whatever it was thrown for. */
export function unhandled(error: unknown): Fault {
  return new Fault('internal', oneLine(error), { cause: error });
}

/**
 * errorBeside returns the field `err` of a line that gives `reason` already: none where the error would only say
 * the same again.
 */
export function errorBeside(reason: string, error: unknown): { readonly err?: unknown } {
  if (error === undefined) return {};
  return isDefect(error) || !reason.includes(oneLine(error)) ? { err: error } : {};
}

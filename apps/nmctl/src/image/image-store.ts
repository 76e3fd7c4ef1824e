/** The store of images, as all commands on images use it, and their answer to its refusals. */
import { join } from 'node:path';
import { ImageProblem, type ImageUsers, readImageUsers } from '@nodemgr/images';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';

export interface Store {
  readonly imagesDir: string;
  /** Reads which slivers use which image, now. */
  readonly findUsers: () => Promise<ImageUsers>;
}

/** storeOf returns the store of the node that a session is for; throws ConfigError. */
export function storeOf(session: Session): Store {
  const { state_dir } = session.config().node;
  return { imagesDir: join(state_dir, 'images'), findUsers: () => readImageUsers(state_dir) };
}

/** A refusal of the store, or of the system (EACCES, ENOSPC, …); anything else is a defect. */
function isExpected(error: unknown): error is Error {
  return error instanceof ImageProblem || (error instanceof Error && 'code' in error);
}

/** attempt does `act`; a refusal of the store or of the system goes to stderr, and exits with trouble. */
export async function attempt(session: Session, act: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await act();
  } catch (error) {
    if (!isExpected(error)) throw error;
    session.terminal.complain(error.message);
    return EXIT.trouble;
  }
}

/** refuseUsage complains of an argument that cannot be one. */
export function refuseUsage(session: Session, why: string): ExitCode {
  session.terminal.complain(why);
  return EXIT.usage;
}

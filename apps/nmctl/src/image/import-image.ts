/** `nmctl image import NAME SOURCE`: makes the next version of an image, without any daemon. */

import {
  findSource,
  ImageProblem,
  type ImageSource,
  type ImageVersion,
  type ImportProgress,
  importImage,
  listImages,
  removeOutdated,
} from '@nodemgr/images';
import { epochSeconds, IMAGE_NAME_RULE, type ImageName, isImageName, kib } from '@nodemgr/records';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { attempt, refuseUsage, type Store, storeOf } from './image-store.ts';
import { renderImported, renderProgress } from './render-images.ts';

export interface ImportArguments {
  readonly name: string;
  readonly source: string;
  /** A larger tree is refused. */
  readonly maxGib: number;
}

const STANDARD_INPUT = '-';

async function sourceOf(text: string, imagesDir: string): Promise<ImageSource> {
  if (text !== STANDARD_INPUT) return findSource(text, imagesDir);
  return { kind: 'archive', name: 'standard input', read: async () => process.stdin };
}

/** Does `act` with a signal that SIGINT and SIGTERM abort; a second one ends the process as ever. */
async function untilInterrupted<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  try {
    return await act(stop.signal);
  } finally {
    process.off('SIGINT', abort);
    process.off('SIGTERM', abort);
  }
}

/** Shows a person who waits how far it is; programs and files get the end only. */
function progressTo({ terminal, json }: Session): (progress: ImportProgress) => void {
  if (json || terminal.page.width === undefined) return () => undefined;
  const render = renderProgress();
  return (progress) => {
    const text = render(progress);
    if (text !== undefined) terminal.say(text, 'err');
  };
}

async function importWhole(
  session: Session,
  { imagesDir }: Store,
  name: ImageName,
  { source, maxGib }: ImportArguments,
): Promise<ImageVersion> {
  const found = await sourceOf(source, imagesDir);
  return untilInterrupted((signal) =>
    importImage({
      imagesDir,
      name,
      source: found,
      maxSize: kib(maxGib * 2 ** 20),
      arch: process.arch,
      signal,
      importedAt: epochSeconds(Math.floor(session.terminal.page.now / 1000)),
      onProgress: progressTo(session),
    }),
  );
}

/** The import has worked: outdated versions that cannot go now can go after the next one. */
async function clearOutdated(
  session: Session,
  store: Store,
  name: ImageName,
): Promise<readonly ImageVersion[]> {
  try {
    return await removeOutdated({ ...store, name });
  } catch (error) {
    if (!(error instanceof ImageProblem)) throw error;
    session.terminal.complain(`older versions of ${name} stay: ${error.message}`);
    return [];
  }
}

/** Imports an image and prints the version that it became. */
export async function importFrom(session: Session, given: ImportArguments): Promise<ExitCode> {
  const { terminal, json } = session;
  const { name } = given;
  if (!isImageName(name))
    return refuseUsage(session, `bad image name '${name}': ${IMAGE_NAME_RULE}`);
  const store = storeOf(session);
  if (process.geteuid?.() !== 0) {
    terminal.complain('only root can give the files of an image their owners: run it as root');
    return EXIT.trouble;
  }
  return attempt(session, async () => {
    const ref = await importWhole(session, store, name, given);
    const removed = await clearOutdated(session, store, name);
    const image = (await listImages(store.imagesDir)).find((one) => one.ref === ref);
    if (json) terminal.printJson({ ref, removed });
    else terminal.print(renderImported(ref, image, removed));
    return EXIT.ok;
  });
}

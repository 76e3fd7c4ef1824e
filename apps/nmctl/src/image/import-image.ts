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
import {
  epochSeconds,
  IMAGE_NAME_RULE,
  type ImageName,
  isImageName,
  type KiB,
  kib,
} from '@nodemgr/records';
import { type Command, InvalidArgumentError } from 'commander';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Run, Session } from '../session.ts';
import { attempt, refuseUsage, type Store, storeOf } from './image-store.ts';
import { renderImported, renderProgress } from './render-images.ts';

const IMPORT_HELP = `
SOURCE is a tar archive (plain, or compressed with gzip, bzip2, xz or zstd), a folder, or - for an
archive on standard input. It must be the root of a system with /bin/sh and /etc; user and group ids go
up to 65535. Devices in /dev, host keys of sshd and the machine id are left out. Older versions that no
sliver stands on are removed afterwards.

The default image, of Debian 13 (apt install mmdebstrap; as root, some minutes):
  mmdebstrap --variant=minbase \\
    --include=bash,ca-certificates,curl,iproute2,iputils-ping,less,nano,netbase,openssh-client,openssh-sftp-server,procps,python3-minimal,rsync \\
    trixie default.tar
  nmctl image import default default.tar

Or what a container is made of:
  docker export CONTAINER | nmctl image import NAME -
`;

/** Many times what a system with a desktop takes. */
const DEFAULT_MAX_GIB = 16;

function toGiB(text: string): number {
  const size = Number(text);
  if (size > 0 && size <= 1024) return size;
  throw new InvalidArgumentError('wants GiB, more than 0 and at most 1024.');
}

interface ImportArguments {
  readonly name: string;
  readonly source: string;
  readonly maxSize: KiB;
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
  { source, maxSize }: ImportArguments,
): Promise<ImageVersion> {
  const found = await sourceOf(source, imagesDir);
  return untilInterrupted((signal) =>
    importImage({
      imagesDir,
      name,
      source: found,
      maxSize,
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
async function importFrom(session: Session, given: ImportArguments): Promise<ExitCode> {
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

/** addImport adds the command to `nmctl image`. */
export function addImport(image: Command, run: Run): void {
  image
    .command('import')
    .description('make the next version of an image (as root)')
    .argument('<name>', 'such as default')
    .argument('<source>', 'a tar archive, a folder, or - for standard input')
    .option('--max-size <GiB>', 'refuse a larger tree', toGiB, DEFAULT_MAX_GIB)
    .addHelpText('after', IMPORT_HELP)
    .action((name: string, source: string, { maxSize }: { maxSize: number }) =>
      run((session) => importFrom(session, { name, source, maxSize: kib(maxSize * 2 ** 20) })),
    );
}

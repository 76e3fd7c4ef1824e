/** The command line of `nmctl image`: its commands and help. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Run } from '../session.ts';

const HELP = `
An image is the file tree that slivers share below their own files. NAME@1, NAME@2, … are its versions:
new slivers are made of the newest, a sliver stays on the one that it was made of. A slice that names no
image gets the one named default. No daemon is needed, nor restarted.
`;

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

function addImport(image: Command, run: Run): void {
  image
    .command('import')
    .description('make the next version of an image (as root)')
    .argument('<name>', 'such as default')
    .argument('<source>', 'a tar archive, a folder, or - for standard input')
    .option('--max-size <GiB>', 'refuse a larger tree', toGiB, DEFAULT_MAX_GIB)
    .addHelpText('after', IMPORT_HELP)
    .action((name: string, source: string, { maxSize }: { maxSize: number }) =>
      run(async (session) => {
        const { importFrom } = await import('./import-image.ts');
        return importFrom(session, { name, source, maxGib: maxSize });
      }),
    );
}

/** addImage adds `nmctl image` and its commands to the command line. */
export function addImage(program: Command, run: Run): void {
  const image = program
    .command('image')
    .description('the images that slivers are made of')
    .addHelpText('after', HELP);
  image
    .command('list')
    .description('all versions: from what, how large, and how many slivers stand on them')
    .action(() => run(async (session) => (await import('./list-images.ts')).listImages(session)));
  addImport(image, run);
  image
    .command('remove')
    .description('remove an image, or one version of it, that no sliver stands on')
    .argument('<image>', 'NAME, or NAME@N')
    .action((what: string) =>
      run(async (session) => (await import('./list-images.ts')).removeImages(session, what)),
    );
}

/** Lays the package's files out below one folder, with the modes that they are installed with. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { CopiedFile, PackageFile } from './package-file.ts';
import { runCommand } from './run-command.ts';

/** Folders too are the same whoever builds, under whatever umask. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
  chmodSync(folder, 0o755);
}

function copy({ from, strip = false, prefix }: CopiedFile, target: string): void {
  if (prefix !== undefined) writeFileSync(target, `${prefix}${readFileSync(from, 'utf8')}`);
  else copyFileSync(from, target);
  chmodSync(target, 0o755);
  const sections = ['--remove-section=.comment', '--remove-section=.note'];
  // As dh_strip(1) does it.
  if (strip) runCommand('strip', ['--strip-unneeded', ...sections, target], { from: 'binutils' });
}

function stage(root: string, file: PackageFile): void {
  const target = join(root, file.to);
  makeFolder(dirname(target));
  if ('target' in file) {
    symlinkSync(file.target, target);
    return;
  }
  if ('from' in file) copy(file, target);
  else writeFileSync(target, file.text);
  chmodSync(target, file.mode);
}

/** missingFiles returns those of `files` whose originals are not there. */
export function missingFiles(files: readonly PackageFile[]): readonly string[] {
  return files.flatMap((file) => ('from' in file && !existsSync(file.from) ? [file.from] : []));
}

/** stageTree writes `files` below `root`, which is made. Throws an Error that names all that is missing. */
export function stageTree(root: string, files: readonly PackageFile[]): void {
  const missing = missingFiles(files);
  if (missing.length > 0) {
    throw new Error(`not there, and needed for the package: ${missing.join(', ')}`);
  }
  makeFolder(root);
  for (const file of files) stage(root, file);
}

/** Which libraries the package's ELF files need, in which versions: asked of dpkg-shlibdeps(1). */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { PackageFile } from './package-file.ts';
import { runCommand } from './run-command.ts';

/** It reads the names of the packages from there. */
const CONTROL = 'Source: nodemgr\n\nPackage: nodemgr\nArchitecture: any\n';

/** parseSubstvars returns the dependencies in what dpkg-shlibdeps prints: 'shlibs:Depends=a (>= 1), b'. */
export function parseSubstvars(text: string): readonly string[] {
  const [, list = ''] = /^shlibs:Depends=(.*)$/m.exec(text) ?? [];
  return list.split(', ').filter((dependency) => dependency !== '');
}

/**
 * libraryDependencies returns what `files`, laid out below `root`, depend on: the oldest versions that
 * have the symbols that they use, not those of the machine that builds.
 */
export function libraryDependencies(
  root: string,
  files: readonly PackageFile[],
): readonly string[] {
  const elf = files.flatMap((file) =>
    'strip' in file && file.strip === true ? [resolve(root, file.to)] : [],
  );
  const folder = mkdtempSync(join(tmpdir(), 'shlibdeps-'));
  try {
    mkdirSync(join(folder, 'debian'));
    writeFileSync(join(folder, 'debian/control'), CONTROL);
    // An addon's other half is in Node.js, which exports it without being a library.
    const args = ['-O', '--warnings=0', ...elf.map((path) => `-e${path}`)];
    return parseSubstvars(runCommand('dpkg-shlibdeps', args, { from: 'dpkg-dev', cwd: folder }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

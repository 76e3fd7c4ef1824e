/** Makes another version of a .deb, so that there is something to upgrade to. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runWell } from './run-command.ts';

/** repacked writes the package `deb`, with `suffix` after its version, into `folder`; returns the file. */
export async function repacked(deb: string, suffix: string, folder: string): Promise<string> {
  const tree = join(folder, 'package');
  await runWell(['dpkg-deb', '--raw-extract', deb, tree]);
  const control = join(tree, 'DEBIAN', 'control');
  const text = readFileSync(control, 'utf8');
  writeFileSync(
    control,
    text.replace(/^Version: .*$/m, (line) => line + suffix),
  );
  const file = join(folder, 'next.deb');
  await runWell(['dpkg-deb', '--root-owner-group', '-Zgzip', '--build', tree, file]);
  return file;
}

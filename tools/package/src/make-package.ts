/** Makes the .deb out of what has been built: lays out the tree, describes it, packs it. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BuildFacts } from './build-facts.ts';
import { libraryDependencies } from './library-dependencies.ts';
import { NODE_PACKAGE } from './node-package.ts';
import type { PackageFile } from './package-file.ts';
import type { PackageRecipe } from './package-recipe.ts';
import { runCommand } from './run-command.ts';
import { stageTree } from './stage-tree.ts';

const SCRIPT_NAMES = ['postinst', 'prerm', 'postrm'];

const isRegular = (file: PackageFile): boolean => !('target' in file);

/** Of every file but the conffiles, as dh_md5sums(1) does it. */
function checksums(
  root: string,
  files: readonly PackageFile[],
  conffiles: readonly string[],
): string {
  return files
    .filter((file) => isRegular(file) && !conffiles.includes(`/${file.to}`))
    .map(({ to }) => {
      const sum = createHash('md5')
        .update(readFileSync(join(root, to)))
        .digest('hex');
      return `${sum}  ${to}\n`;
    })
    .sort((a, b) => (a.slice(34) < b.slice(34) ? -1 : 1))
    .join('');
}

/** KiB: each file takes whole ones, and each folder one (dpkg-gencontrol(1)). */
function installedSize(root: string): number {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries.reduce((sum, entry) => {
    if (!entry.isFile()) return sum + 1;
    return sum + Math.ceil(readFileSync(join(entry.parentPath, entry.name)).length / 1024);
  }, 0);
}

function writeControl(root: string, name: string, text: string, mode: number): void {
  const file = join(root, 'DEBIAN', name);
  writeFileSync(file, text);
  chmodSync(file, mode);
}

function describePackage(
  root: string,
  files: readonly PackageFile[],
  facts: BuildFacts,
  recipe: PackageRecipe,
): void {
  const { conffiles, scripts, triggers } = recipe;
  const size = installedSize(root);
  const control = recipe.control({
    ...facts,
    nodeMajor: Number.parseInt(process.versions.node, 10),
    libraries: libraryDependencies(root, files),
    installedSize: size,
  });
  const sums = checksums(root, files, conffiles);
  mkdirSync(join(root, 'DEBIAN'));
  chmodSync(join(root, 'DEBIAN'), 0o755);
  writeControl(root, 'control', control, 0o644);
  writeControl(root, 'conffiles', conffiles.map((path) => `${path}\n`).join(''), 0o644);
  writeControl(root, 'md5sums', sums, 0o644);
  if (triggers !== undefined) writeControl(root, 'triggers', triggers(facts), 0o644);
  for (const name of SCRIPT_NAMES) {
    writeControl(root, name, readFileSync(join(scripts, name), 'utf8'), 0o755);
  }
}

/**
 * makePackage writes the package into the folder `output`, which is made, and returns its path; that of a
 * node where no other recipe is given. Throws an Error that says what is missing.
 */
export function makePackage(
  facts: BuildFacts,
  output: string,
  recipe: PackageRecipe = NODE_PACKAGE,
): string {
  const root = resolve(output, 'tree');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const files = recipe.files(facts);
  stageTree(root, files);
  recipe.tryOut(root);
  describePackage(root, files, facts, recipe);
  const target = join(output, `${recipe.name}_${facts.version}_${facts.architecture}.deb`);
  // One thread: with several, the number of them would show in the bytes.
  const options = ['--root-owner-group', '-Zxz', '--threads-max=1'];
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(facts.date) };
  runCommand('dpkg-deb', [...options, '--build', root, target], { from: 'dpkg', env });
  rmSync(root, { recursive: true });
  return target;
}

// Bundles one app into one file, dist/apps/NAME/main.cjs.
// packages.json beside it names the npm packages that are inside, for whoever passes the bundle on.
// Each file is written beside its place and renamed: a process that starts meanwhile finds the old one or the
// new one, and what a build that was killed has left goes with the next. Nx could keep bundles in its cache, but
// takes a folder away before it puts the kept one back.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { FOR_NODE } from './esbuild-options.mjs';

const projectRoot = process.argv[2];
const folder = `dist/apps/${basename(projectRoot)}`;
const { metafile, outputFiles } = await build({
  ...FOR_NODE,
  entryPoints: [`${projectRoot}/src/main.ts`],
  outfile: `${folder}/main.cjs`,
  // V8 keeps the text of a program as long as it runs, in two bytes a character if one of them is not in Latin-1: a
  // single … in a comment doubled it. Without comments there is none. Lines stay, for stack traces.
  minifyWhitespace: true,
  lineLimit: 120,
  sourcemap: true,
  metafile: true,
  write: false,
});
// A module of which nothing is used is an input, but not inside.
const { inputs } = Object.values(metafile.outputs).find(
  ({ entryPoint }) => entryPoint !== undefined,
);
const inside = Object.keys(inputs).filter((input) => inputs[input].bytesInOutput > 0);
const packages = inside.flatMap(
  (input) => /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [],
);

/** Removes what was not renamed by builds that are gone; others may be about to. */
function removeLeft() {
  for (const name of readdirSync(folder)) {
    const [, pid] = /\.(\d+)\.new$/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
      rmSync(join(folder, name), { force: true });
    }
  }
}

function replaceFile(path, content) {
  const beside = `${path}.${process.pid}.new`;
  writeFileSync(beside, content);
  renameSync(beside, path);
}

mkdirSync(folder, { recursive: true });
removeLeft();
for (const { path, contents } of outputFiles) replaceFile(path, contents);
replaceFile(`${folder}/packages.json`, JSON.stringify([...new Set(packages)].sort()));

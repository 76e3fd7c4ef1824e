// Bundles one app into one file, dist/apps/NAME/main.cjs.
// packages.json beside it names the npm packages that are inside, for whoever passes the bundle on.
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { FOR_NODE } from './esbuild-options.mjs';

const projectRoot = process.argv[2];
const folder = `dist/apps/${basename(projectRoot)}`;
const { metafile } = await build({
  ...FOR_NODE,
  entryPoints: [`${projectRoot}/src/main.ts`],
  outfile: `${folder}/main.cjs`,
  sourcemap: true,
  metafile: true,
});
const packages = Object.keys(metafile.inputs).flatMap(
  (input) => /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [],
);
writeFileSync(`${folder}/packages.json`, JSON.stringify([...new Set(packages)].sort()));

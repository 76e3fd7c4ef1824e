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
// A module of which nothing is used is an input, but not inside.
const { inputs } = Object.values(metafile.outputs).find(
  ({ entryPoint }) => entryPoint !== undefined,
);
const inside = Object.keys(inputs).filter((input) => inputs[input].bytesInOutput > 0);
const packages = inside.flatMap(
  (input) => /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [],
);
writeFileSync(`${folder}/packages.json`, JSON.stringify([...new Set(packages)].sort()));

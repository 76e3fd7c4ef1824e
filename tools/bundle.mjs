// Bundles one app into one file, dist/apps/NAME/main.cjs. Packages with a native part stay outside.
// packages.json beside it names the npm packages that are inside, for whoever passes the bundle on.
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';

const projectRoot = process.argv[2];
const folder = `dist/apps/${basename(projectRoot)}`;
const { metafile } = await build({
  entryPoints: [`${projectRoot}/src/main.ts`],
  outfile: `${folder}/main.cjs`,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  external: ['zeromq', 'better-sqlite3'],
  tsconfig: 'tsconfig.base.json',
  logLevel: 'warning',
  metafile: true,
});
const packages = Object.keys(metafile.inputs).flatMap(
  (input) => /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [],
);
writeFileSync(`${folder}/packages.json`, JSON.stringify([...new Set(packages)].sort()));

// Bundles one app into one file, dist/apps/NAME/main.cjs. Packages with a native part stay outside.
import { basename } from 'node:path';
import { build } from 'esbuild';

const projectRoot = process.argv[2];
await build({
  entryPoints: [`${projectRoot}/src/main.ts`],
  outfile: `dist/apps/${basename(projectRoot)}/main.cjs`,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  external: ['zeromq', 'better-sqlite3'],
  tsconfig: 'tsconfig.base.json',
  logLevel: 'warning',
});

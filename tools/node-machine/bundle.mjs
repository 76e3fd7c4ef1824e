// Bundles a program of test/node/machine into dist/node-machine, and says where it is.
import { build } from 'esbuild';

export async function bundleMachine(name) {
  const outfile = `dist/node-machine/${name}.cjs`;
  await build({
    entryPoints: [`test/node/machine/${name}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: true,
    external: ['zeromq', 'better-sqlite3'],
    tsconfig: 'tsconfig.base.json',
    logLevel: 'warning',
  });
  return outfile;
}

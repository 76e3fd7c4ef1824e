// Bundles a program of test/node/machine into dist/node-machine, and says where it is.
import { build } from 'esbuild';
import { FOR_NODE } from '../esbuild-options.mjs';

export async function bundleMachine(name) {
  const outfile = `dist/node-machine/${name}.cjs`;
  await build({
    ...FOR_NODE,
    entryPoints: [`test/node/machine/${name}.ts`],
    outfile,
    sourcemap: true,
  });
  return outfile;
}

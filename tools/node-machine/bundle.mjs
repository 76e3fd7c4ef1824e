// Bundles a program of the tests on a machine into dist/node-machine, and says where it is.
import { build } from 'esbuild';
import { FOR_NODE } from '../esbuild-options.mjs';

/** bundleMachine bundles test/node/machine/NAME.ts, or another file. */
export async function bundleMachine(name, entryPoint = `test/node/machine/${name}.ts`) {
  const outfile = `dist/node-machine/${name}.cjs`;
  await build({
    ...FOR_NODE,
    entryPoints: [entryPoint],
    outfile,
    sourcemap: true,
  });
  return outfile;
}

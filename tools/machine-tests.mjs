// Which unit tests can end differently on another machine: those from which imports lead to what touches one.
import { readdirSync } from 'node:fs';
import { build } from 'esbuild';

const PLACES = ['apps', 'libs', 'native', 'test', 'tools'];
const TOUCHES =
  /^(node:)?(child_process|dgram|dns|fs|http|https|net|os|tls|worker_threads)(\/|$)|^(better-sqlite3|zeromq)(\/|$)/;

const unitTests = () =>
  PLACES.flatMap((place) =>
    readdirSync(place, { recursive: true })
      .map((file) => `${place}/${file}`)
      .filter((file) => file.endsWith('.test.ts') && !file.endsWith('.e2e.test.ts')),
  );

/** Whether imports lead from `file` to what touches a machine. */
function touches(inputs, file, seen = new Set()) {
  if (seen.has(file)) return false;
  seen.add(file);
  return (inputs[file]?.imports ?? []).some(({ path, external }) =>
    external ? TOUCHES.test(path) : touches(inputs, path, seen),
  );
}

/** machineTests returns the paths of these tests. */
export async function machineTests() {
  const tests = unitTests();
  const libs = readdirSync('libs').map((lib) => [`@nodemgr/${lib}`, `./libs/${lib}/src/index.ts`]);
  const { metafile } = await build({
    entryPoints: tests,
    alias: Object.fromEntries(libs),
    bundle: true,
    format: 'esm',
    metafile: true,
    outdir: 'dist/bare-machine',
    packages: 'external',
    platform: 'node',
    write: false,
  });
  return tests.filter((test) => touches(metafile.inputs, test)).sort();
}

// Finds the package that `npm run package` has made last.
import { readdirSync, statSync } from 'node:fs';

const FOLDER = 'dist/package';

export function newestPackage() {
  const debs = readdirSync(FOLDER)
    .filter((name) => /^nodemgr_.*\.deb$/.test(name))
    .map((name) => `${FOLDER}/${name}`)
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  if (debs[0] === undefined) throw new Error(`no nodemgr_*.deb in ${FOLDER}: npm run package`);
  return debs[0];
}

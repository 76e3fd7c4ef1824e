// Finds the .deb of a package that `npm run package` has made last.
import { readdirSync, statSync } from 'node:fs';

const FOLDER = 'dist/package';

/** newestPackage returns the path of the .deb of the package `name`. */
export function newestPackage(name) {
  const debs = readdirSync(FOLDER)
    .filter((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'))
    .map((file) => `${FOLDER}/${file}`)
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  if (debs[0] === undefined) throw new Error(`no ${name}_*.deb in ${FOLDER}: npm run package`);
  return debs[0];
}

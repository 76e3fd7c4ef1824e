// `npm run prepare-machine`: brings everything of Debian's that a test or a tool of this repository needs
// and a bare machine does not have. The one list is machine-packages.json; nothing is installed elsewhere.
import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SELF = fileURLToPath(import.meta.url);
const LIST = fileURLToPath(new URL('machine-packages.json', import.meta.url));
const ON = ' on ';

function isInstalled(name) {
  const { status, stdout } = spawnSync('dpkg-query', ['--status', name], { encoding: 'utf8' });
  return status === 0 && /^Status: \S+ ok installed$/m.test(stdout);
}

/** The packages for these purposes (all by default) on this kind of machine, each once. */
function packagesFor(purposes) {
  const entries = Object.entries(JSON.parse(readFileSync(LIST, 'utf8'))).filter(([title]) => {
    const [purpose, architecture = process.arch] = title.split(ON);
    return architecture === process.arch && (purposes.length === 0 || purposes.includes(purpose));
  });
  return [...new Set(entries.flatMap(([, packages]) => packages))].sort();
}

function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { stdio: 'inherit', env }).status === 0;
}

/** prepareMachine installs what is missing for these purposes; throws an Error with what it cannot. */
export function prepareMachine(...purposes) {
  const missing = packagesFor(purposes).filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const install = ['install', '--yes', '--no-install-recommends', ...missing];
  if (process.getuid() !== 0) {
    throw new Error(
      `these packages are missing, and only root can install them: ${missing.join(' ')}`,
    );
  }
  process.stdout.write(`installing ${missing.join(', ')}\n`);
  // The lists of a machine that has not been used for a while name packages that are gone.
  if (apt(...install)) return;
  if (apt('update') && apt(...install)) return;
  throw new Error(`apt-get ${install.join(' ')} fails`);
}

if (realpathSync(process.argv[1]) === SELF) {
  try {
    prepareMachine();
  } catch (error) {
    process.stderr.write(`npm run prepare-machine: ${error.message}\n`);
    process.exitCode = 1;
  }
}

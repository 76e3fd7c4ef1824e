/** What is on the machine that a package could add to: to be compared before it came and after it went. */
import type { NodeMachine } from './node-machine.ts';

/** Where packages put things, other than what dpkg, systemd and caches keep for themselves. */
const FOLDERS = ['/etc', '/usr', '/var/lib', '/run/nodemgr', '/run/systemd/system.control'];
/** Of the machine's own: changed by whatever is installed, or by the tests. Regular expressions. */
const ITS_OWN = [
  '/var/lib/(dpkg|apt|systemd|logrotate|private|polkit-1|dbus)(/|$)',
  '/var/lib/demo-plc(/|$)',
  '/var/lib/nodemgr/lost\\+found$',
  '/etc/systemd/system/multi-user.target.wants/demo-plc.service$',
  // Copies that useradd(8) and its like make of what they change, and their lock.
  '/etc/(passwd|shadow|group|gshadow|subuid|subgid)-$',
  '/etc/\\.pwd\\.lock$',
  '.*/__pycache__(/|$)',
];
const ACCOUNT_FILES = ['passwd', 'group', 'shadow', 'gshadow', 'subuid', 'subgid'];

export interface Snapshot {
  readonly files: readonly string[];
  /** Lines of the files that say who is who. */
  readonly accounts: readonly string[];
}

/** takeSnapshot lists what there is now. */
export async function takeSnapshot(machine: NodeMachine): Promise<Snapshot> {
  const own = ITS_OWN.map((pattern) => new RegExp(`^${pattern}`));
  // Some of the folders are not there before the package is.
  const { stdout } = await machine.ssh(['find', ...FOLDERS, '-xdev']);
  const files = stdout.split('\n').filter((path) => !own.some((pattern) => pattern.test(path)));
  const accounts = await machine.root(['grep', '', ...ACCOUNT_FILES.map((name) => `/etc/${name}`)]);
  return { files: files.sort(), accounts: accounts.split('\n').sort() };
}

/** added returns what `now` has and `before` had not. */
export function added(before: Snapshot, now: Snapshot): Snapshot {
  const [files, accounts] = [new Set(before.files), new Set(before.accounts)];
  return {
    files: now.files.filter((path) => !files.has(path)),
    accounts: now.accounts.filter((line) => !accounts.has(line)),
  };
}

/** Where things of an account are on the machine: names and paths only, nothing is looked up. */
import { join } from 'node:path';
import type { Config } from '@nodemgr/config';
import type { AccountName, EpochSeconds } from '@nodemgr/records';

export interface MachineLayout {
  /** Below it: what is ours of every account. */
  readonly stateDir: string;
  /** What setquota(8) calls the file system of the state folder: its mount point. */
  readonly quotaMount: string;
  readonly sliverShell: string;
  readonly delegateShell: string;
}

/** layoutOf returns the layout that a configuration asks for; the state folder is taken as a mount of its own. */
export function layoutOf({ node, accounts }: Config): MachineLayout {
  return {
    stateDir: node.state_dir,
    quotaMount: node.state_dir,
    sliverShell: accounts.sliver_shell,
    delegateShell: accounts.delegate_shell,
  };
}

/** Where systemd looks for what an administrator adds to a unit, and where `set-property --runtime` writes. */
const UNIT_FOLDERS = ['/etc/systemd/system', '/run/systemd/system.control'] as const;

/** unitOf returns the sliver's unit: an instance of our template, one that systemd and not we look after. */
export function unitOf(name: AccountName): string {
  return `nodemgr-sliver@${name}.service`;
}

/** dropInFolders returns the folders of what is added to the sliver's unit; the first one is ours to write. */
export function dropInFolders(name: AccountName): readonly [written: string, byProperty: string] {
  const [written, byProperty] = UNIT_FOLDERS;
  return [join(written, `${unitOf(name)}.d`), join(byProperty, `${unitOf(name)}.d`)];
}

/**
 * machineNameOf returns the name of the sliver's container: a host name, which may not contain `_` nor
 * end in `-` (systemd-nspawn(1)). No two slivers share one: names have neither `-` nor capitals.
 */
export function machineNameOf(name: AccountName): string {
  return name.replace(/_$/, 'U').replaceAll('_', '-');
}

/** pathsOf returns the paths of one account below the state folder. None of them can be written to by a tenant. */
export function pathsOf(name: AccountName, { stateDir }: MachineLayout) {
  const sliver = join(stateDir, 'slivers', name);
  return {
    /** Says that the account is ours. */
    record: join(stateDir, 'accounts', `${name}.json`),
    /** How many calls of Start have been carried out. */
    starts: join(stateDir, 'accounts', `${name}.starts`),
    keys: join(stateDir, 'keys', name),
    sliver,
    upper: join(sliver, 'upper'),
    work: join(sliver, 'work'),
    /** Bound read-only to /etc/rc.vinit by the unit. */
    initscript: join(sliver, 'rc.vinit'),
    keptFolder: join(stateDir, 'kept'),
    kept: (since: EpochSeconds) => join(stateDir, 'kept', `${name}@${since}`),
  };
}

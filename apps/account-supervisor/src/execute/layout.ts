/** Where things of an account are on the machine: names and paths only, nothing is looked up. */
import { join } from 'node:path';
import type { Config } from '@nodemgr/config';
import type { ImageVersion } from '@nodemgr/images';
import type { AccountName, EpochSeconds } from '@nodemgr/records';
import type { NodeFacts } from '../limits/limit.ts';

/** Below `stateDir` is what is ours of every account. */
export interface MachineLayout extends NodeFacts {
  readonly sliverShell: string;
  readonly delegateShell: string;
}

/** layoutOf returns the layout that a configuration asks for, on this node. */
export function layoutOf({ accounts }: Config, facts: NodeFacts): MachineLayout {
  return {
    ...facts,
    sliverShell: accounts.sliver_shell,
    delegateShell: accounts.delegate_shell,
  };
}

/** Where systemd writes properties that are set, as by systemctl(1), `set-property`. */
const PROPERTIES = '/etc/systemd/system.control';

/** unitOf returns the sliver's unit: an instance of our template, one that systemd and not we look after. */
export function unitOf(name: AccountName): string {
  return `nodemgr-sliver@${name}.service`;
}

/** The units of all slivers, as a pattern. */
export const SLIVER_UNITS = 'nodemgr-sliver@*.service';

/** propertiesOf returns the folder where systemd keeps the limits set on the sliver's unit. */
export function propertiesOf(name: AccountName): string {
  return join(PROPERTIES, `${unitOf(name)}.d`);
}

/** The root of all control groups. */
export const GROUPS = '/sys/fs/cgroup';

/** The slices above the slivers' units, and the control group of each: systemd nests them by their names. */
export const SLICES = [
  { slice: 'nodemgr.slice', group: join(GROUPS, 'nodemgr.slice') },
  { slice: 'nodemgr-slivers.slice', group: join(GROUPS, 'nodemgr.slice/nodemgr-slivers.slice') },
] as const;

/** cgroupOf returns the control group of the sliver's unit, below that of all slivers. */
export function cgroupOf(name: AccountName): string {
  return join(SLICES[1].group, unitOf(name));
}

/** A name that keeps all of itself when each `_` becomes a `-`. */
const PLAIN_NAME = /^[a-z0-9]+(?:_[a-z0-9]+)+$/;

/**
 * machineNameOf returns the name of the sliver's container, which is its host name: a label without `_`
 * and `.` that neither begins nor ends in `-` (systemd-nspawn(1)), and whose capitals count for nothing
 * (RFC 4343). No two slivers share one. A name that would lose more than its `_` has a number in base 36
 * after `--`: its bits say where in the name a capital or a dot stands, and the highest one where it ends.
 */
export function machineNameOf(name: AccountName): string {
  const label = name.toLowerCase().replaceAll(/[._]/g, '-');
  if (PLAIN_NAME.test(name)) return label;
  const marks = [...name].map((character, at) => (/[A-Z.]/.test(character) ? 2 ** at : 0));
  const sum = marks.reduce((all, mark) => all + mark, 2 ** name.length);
  return `${label.replace(/-+$/, '')}--${sum.toString(36)}`;
}

/** imageTree returns the file tree of one version of an image. */
export function imageTree(image: ImageVersion, { stateDir }: MachineLayout): string {
  return join(stateDir, 'images', image, 'root');
}

/** pathsOf returns the paths of one account below the state folder. None of them can be written to by a tenant. */
export function pathsOf(name: AccountName, { stateDir }: MachineLayout) {
  const sliver = join(stateDir, 'slivers', name);
  return {
    /** Says that the account is ours. */
    record: join(stateDir, 'accounts', `${name}.json`),
    /** How many calls of Start have been carried out. */
    starts: join(stateDir, 'accounts', `${name}.starts`),
    /** What whoever logs in is told while the sliver cannot be entered (sliver-shell). */
    loginNote: join(stateDir, 'accounts', `${name}.login`),
    keys: join(stateDir, 'keys', name),
    sliver,
    upper: join(sliver, 'upper'),
    work: join(sliver, 'work'),
    /** Bound into the sliver as a whole, so that a script replaced by another is seen there. */
    boot: join(sliver, 'boot'),
    initscript: join(sliver, 'boot', 'rc.vinit'),
    /** Tells the tenants when the sliver will be stopped. */
    stopping: join(sliver, 'boot', 'stopping'),
    /** Names the image version that the files stand on. */
    image: join(sliver, 'image'),
    /** What the template unit needs to know of this sliver. */
    unit: join(sliver, 'unit.env'),
    keptFolder: join(stateDir, 'kept'),
    kept: (since: EpochSeconds) => join(stateDir, 'kept', `${name}@${since}`),
  };
}

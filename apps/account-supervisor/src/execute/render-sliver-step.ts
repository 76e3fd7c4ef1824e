/**
 * The commands behind the steps of a sliver: its ids, files, quota, unit and limits. Pure. Mounts are
 * made by the sliver's own unit.
 */
import { join, relative } from 'node:path';
import { type Command, makeFolder, run, writeFile } from '@nodemgr/agent';
import type { ImageVersion } from '@nodemgr/images';
import type { AccountName, EpochSeconds } from '@nodemgr/records';
import { inodeLimit } from '../limits/inode-limit.ts';
import { type Limits, UNIT_LIMITS } from '../limits/table.ts';
import { renderLoginNote } from '../observed/login-note.ts';
import type { StepName } from '../plan/account-steps.ts';
import { RANGE_SIZE } from '../slots/account-ids.ts';
import {
  imageTree,
  type MachineLayout,
  machineNameOf,
  pathsOf,
  propertiesOf,
  SLICES,
  unitOf,
} from './layout.ts';
import type { Renderer, Renderers } from './step-renderer.ts';

/** Files that a tenant has made in great numbers take their time; an rm that is cut goes on where it was. */
const LONGEST_RM_MS = 30 * 60_000;

/** idRange returns the sliver's ids as usermod(8) takes them. */
export function idRange(base: number): string {
  return `${base}-${base + RANGE_SIZE - 1}`;
}

/** Nothing that is mounted below `path` is deleted; what a tenant has made may be much. */
function deleteTree(path: string): Command {
  const rm = run('rm', '--recursive', '--force', '--one-file-system', '--', path);
  return { ...rm, longestMs: LONGEST_RM_MS };
}

function noteStarts(starts: number, name: AccountName, layout: MachineLayout): Command {
  return writeFile(pathsOf(name, layout).starts, 0o600, `${starts}\n`);
}

/** Resource properties, as systemd.resource-control(5) writes them. */
function properties(limits: Limits, layout: MachineLayout): readonly string[] {
  return UNIT_LIMITS.flatMap(([name, { property, write, along }]) => {
    const amount = limits[name];
    if (amount === undefined) return [];
    return [`${property}=${write(amount, layout)}`, ...(along?.(layout) ?? [])];
  });
}

/** unitSettings returns the text of the sliver's EnvironmentFile (systemd.exec(5)). */
export function unitSettings(name: AccountName, base: number, image: ImageVersion): string {
  return `NODEMGR_MACHINE=${machineNameOf(name)}\nNODEMGR_BASE=${base}\nNODEMGR_IMAGE=${image}\n`;
}

/** What runs the sliver's container, and can send its first process a signal. */
const SLIVER_RUN = '/usr/lib/nodemgr/sliver-run';

/** stoppingText returns what tenants read of a stop: its time (seconds since 1970), and how far it was away. */
function stoppingText(at: EpochSeconds, left: number): string {
  return `at ${at}\nleft ${left}\n`;
}

/** The image is named first, so that nobody removes it; the project of `upper` comes last, and says that all is made. */
const createFilesystem: Renderer<'create-filesystem'> = (
  { base, project, image },
  name,
  layout,
) => {
  const { sliver, upper, work, boot, image: imageFile } = pathsOf(name, layout);
  return [
    makeFolder(sliver, 0o755),
    makeFolder(boot, 0o755),
    writeFile(imageFile, 0o644, `${image}\n`),
    // Whoever removes an image looks for such names after it is out of sight: one sees the other.
    { need: imageTree(image, layout) },
    makeFolder(work, 0o700),
    makeFolder(upper, 0o755, base),
    { charge: work, project },
    { charge: upper, project },
  ];
};

/**
 * The image is the first to go, which says that the files are not whole any more, and `upper` the last:
 * by its owner the slot is known that must not be given away while anything is counted under its project.
 */
const purgeFiles: Renderer<'purge-files'> = ({ since }, name, layout) => {
  const { sliver, image, work, boot, unit, kept } = pathsOf(name, layout);
  const folder = kept(since);
  const moved = (path: string) => join(folder, relative(sliver, path));
  return [
    ...[image, unit, boot, work].map((path) => ({ remove: moved(path) })),
    deleteTree(folder),
  ];
};

/** A folder without a script is a sliver without one. */
const installInitscript: Renderer<'install-initscript'> = ({ initscript }, name, layout) => {
  const path = pathsOf(name, layout).initscript;
  return initscript.text === '' ? [{ remove: path }] : [writeFile(path, 0o755, initscript.text)];
};

export const SLIVER_RENDERERS: Renderers<
  Exclude<
    StepName,
    | 'create-user'
    | 'discard-user'
    | 'remove-user'
    | 'install-keys'
    | 'remove-keys'
    | 'allow-login'
    | 'deny-login'
    | 'free-id-range'
  >
> = {
  'set-id-range': ({ base }, name) => {
    const range = idRange(base);
    return [run('usermod', '--add-subuids', range, '--add-subgids', range, name)];
  },

  'create-filesystem': createFilesystem,

  'set-disk-quota': ({ project, quota }, _name, { stateDir }) => [
    { quota: stateDir, project, hardKiB: quota, hardInodes: inodeLimit(quota) },
  ],
  'reset-disk-quota': ({ project }, _name, { stateDir }) => [
    { quota: stateDir, project, hardKiB: 0, hardInodes: 0 },
  ],

  'install-initscript': installInitscript,

  // Read by the template unit when it starts: systemd need not be told.
  'write-unit': ({ base, image }, name, layout) => [
    writeFile(pathsOf(name, layout).unit, 0o644, unitSettings(name, base, image)),
  ],

  'set-limits': ({ limits }, name, layout) => [
    { unit: unitOf(name), properties: properties(limits, layout) },
  ],

  // Of a slice that is not there yet, too. Not for the next boot: what slivers ask for by then is not known.
  'set-slices': ({ limits }, _name, layout) =>
    SLICES.map(({ slice }) => ({
      unit: slice,
      properties: properties(limits, layout),
      runtime: true,
    })),

  // What was set for an earlier start is forgotten: not every property is set each time.
  'start-unit': ({ starts, limits }, name, layout) => [
    { remove: propertiesOf(name) },
    { remove: pathsOf(name, layout).stopping },
    { unit: unitOf(name), properties: properties(limits, layout) },
    { unit: unitOf(name), act: 'start' },
    { remove: pathsOf(name, layout).loginNote },
    noteStarts(starts, name, layout),
  ],
  'stop-unit': (_step, name) => [{ unit: unitOf(name), act: 'stop' }],

  // The unit has the sliver's first process run them: nothing of a tenant's runs among our processes.
  'run-start-scripts': ({ starts }, name, layout) => [
    { unit: unitOf(name), act: 'reload' },
    noteStarts(starts, name, layout),
  ],

  // The signal goes first: the file says that all is told, and is looked for when this is planned again.
  'tell-stop': ({ at, left, base, by }, name, layout) => [
    ...(by.includes('signal') ? [run(SLIVER_RUN, '--warn', name, `${base}`, `${left}`)] : []),
    writeFile(
      pathsOf(name, layout).stopping,
      by.includes('file') ? 0o644 : 0o600,
      stoppingText(at, left),
    ),
  ],
  'untell-stop': (_step, name, layout) => [{ remove: pathsOf(name, layout).stopping }],

  // Whoever is logged in when the sliver stops reads it as the sliver's account, outside.
  'tell-logins': ({ note }, name, layout) => [
    writeFile(pathsOf(name, layout).loginNote, 0o644, renderLoginNote(note)),
  ],
  'untell-logins': (_step, name, layout) => [{ remove: pathsOf(name, layout).loginNote }],

  'keep-files': ({ since }, name, layout) => {
    const { sliver, keptFolder, kept } = pathsOf(name, layout);
    return [makeFolder(keptFolder, 0o700), { move: sliver, to: kept(since) }];
  },
  'date-files': ({ from, since }, name, layout) => {
    const { kept } = pathsOf(name, layout);
    return [{ move: kept(from), to: kept(since) }];
  },
  'restore-files': ({ since }, name, layout) => {
    const { sliver, kept } = pathsOf(name, layout);
    return [{ move: kept(since), to: sliver }];
  },
  'purge-files': purgeFiles,
  'discard-files': (_step, name, layout) => [deleteTree(pathsOf(name, layout).sliver)],
};

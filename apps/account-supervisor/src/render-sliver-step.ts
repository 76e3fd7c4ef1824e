/**
 * The commands behind the steps of a sliver: its ids, files, quota, unit and limits. Pure. Mounts are
 * made by the sliver's own unit.
 */

import { type Command, run, writeFile } from '@nodemgr/agent';
import type { ImageVersion } from '@nodemgr/images';
import type { AccountName } from '@nodemgr/records';
import { RANGE_SIZE } from './account-ids.ts';
import type { StepName } from './account-steps.ts';
import { imageTree, type MachineLayout, machineNameOf, pathsOf, unitOf } from './layout.ts';
import type { Limits } from './observed-account.ts';
import type { Renderer, Renderers } from './step-renderer.ts';

function noteStarts(starts: number, name: AccountName, layout: MachineLayout): Command {
  return writeFile(pathsOf(name, layout).starts, 0o600, `${starts}\n`);
}

/** Resource properties, as systemd.resource-control(5) writes them; K is 1024. */
function properties({ cpuWeight, memoryMax, tasksMax }: Limits): readonly string[] {
  return [
    `CPUWeight=${cpuWeight}`,
    `MemoryMax=${memoryMax === 0 ? 'infinity' : `${memoryMax}K`}`,
    `TasksMax=${tasksMax}`,
  ];
}

/** unitSettings returns the text of the sliver's EnvironmentFile (systemd.exec(5)). */
export function unitSettings(name: AccountName, base: number, image: ImageVersion): string {
  return `NODEMGR_MACHINE=${machineNameOf(name)}\nNODEMGR_BASE=${base}\nNODEMGR_IMAGE=${image}\n`;
}

/** The image is named first, so that nobody removes it; the project of `upper` comes last, and says that all is made. */
const createFilesystem: Renderer<'create-filesystem'> = (
  { base, project, image },
  name,
  layout,
) => {
  const { sliver, upper, work, boot, image: imageFile } = pathsOf(name, layout);
  return [
    run('install', '-d', '-m', '0755', sliver, boot),
    writeFile(imageFile, 0o644, `${image}\n`),
    // Whoever removes an image looks for such names after it is out of sight: one sees the other.
    run('stat', '--terse', '--', imageTree(image, layout)),
    run('install', '-d', '-m', '0700', work),
    run('install', '-d', '-m', '0755', '-o', `${base}`, '-g', `${base}`, upper),
    run('chattr', '+P', '-p', `${project}`, work, upper),
  ];
};

/** A folder without a script is a sliver without one. */
const installInitscript: Renderer<'install-initscript'> = ({ initscript }, name, layout) => {
  const path = pathsOf(name, layout).initscript;
  return initscript.text === ''
    ? [run('rm', '--force', '--', path)]
    : [writeFile(path, 0o755, initscript.text)];
};

export const SLIVER_RENDERERS: Renderers<
  Exclude<StepName, 'create-user' | 'remove-user' | 'install-keys' | 'allow-login' | 'deny-login'>
> = {
  'set-id-range': ({ base }, name) => {
    const range = `${base}-${base + RANGE_SIZE - 1}`;
    return [run('usermod', '--add-subuids', range, '--add-subgids', range, name)];
  },

  'create-filesystem': createFilesystem,

  'set-disk-quota': ({ project, quota }, _name, { stateDir }) => [
    { quota: stateDir, project, hardKiB: quota },
  ],
  'reset-disk-quota': ({ project }, _name, { stateDir }) => [
    { quota: stateDir, project, hardKiB: 0 },
  ],

  'install-initscript': installInitscript,

  // Read by the template unit when it starts: systemd need not be told.
  'write-unit': ({ base, image }, name, layout) => [
    writeFile(pathsOf(name, layout).unit, 0o644, unitSettings(name, base, image)),
  ],

  // Takes hold now, and is kept for the next boot.
  'set-limits': ({ limits }, name) => [
    run('systemctl', 'set-property', unitOf(name), ...properties(limits)),
  ],

  'start-unit': ({ starts }, name, layout) => [
    run('systemctl', 'start', unitOf(name)),
    noteStarts(starts, name, layout),
  ],
  'stop-unit': (_step, name) => [run('systemctl', 'stop', unitOf(name))],

  // The unit has the sliver's first process run them: nothing of a tenant's runs among our processes.
  'run-start-scripts': ({ starts }, name, layout) => [
    run('systemctl', 'reload', unitOf(name)),
    noteStarts(starts, name, layout),
  ],

  'keep-files': ({ since }, name, layout) => {
    const { sliver, keptFolder, kept } = pathsOf(name, layout);
    return [
      run('install', '-d', '-m', '0700', keptFolder),
      run('mv', '--no-target-directory', '--', sliver, kept(since)),
    ];
  },
  'restore-files': ({ since }, name, layout) => {
    const { sliver, kept } = pathsOf(name, layout);
    return [run('mv', '--no-target-directory', '--', kept(since), sliver)];
  },
  'purge-files': ({ since }, name, layout) => [
    run(
      'rm',
      '--recursive',
      '--force',
      '--one-file-system',
      '--',
      pathsOf(name, layout).kept(since),
    ),
  ],
};

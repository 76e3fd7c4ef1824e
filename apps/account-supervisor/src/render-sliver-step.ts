/**
 * The commands behind the steps of a sliver: its ids, files, quota, unit and limits. Pure. Mounts are
 * made by the sliver's own unit.
 */

import { join } from 'node:path';
import { type Command, run, writeFile } from '@nodemgr/agent';
import type { AccountName } from '@nodemgr/records';
import { RANGE_SIZE } from './account-ids.ts';
import type { StepName } from './account-steps.ts';
import { dropInFolders, type MachineLayout, machineNameOf, pathsOf, unitOf } from './layout.ts';
import type { Limits } from './observed-account.ts';
import type { Renderers } from './step-renderer.ts';

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

export const SLIVER_RENDERERS: Renderers<
  Exclude<StepName, 'create-user' | 'remove-user' | 'install-keys' | 'allow-login' | 'deny-login'>
> = {
  'set-id-range': ({ base }, name) => {
    const range = `${base}-${base + RANGE_SIZE - 1}`;
    return [run('usermod', '--add-subuids', range, '--add-subgids', range, name)];
  },

  'create-filesystem': ({ base, project }, name, layout) => {
    const { sliver, upper, work } = pathsOf(name, layout);
    return [
      run('install', '-d', '-m', '0755', sliver),
      run('install', '-d', '-m', '0755', '-o', `${base}`, '-g', `${base}`, upper),
      run('install', '-d', '-m', '0700', work),
      run('chattr', '+P', '-p', `${project}`, upper, work),
    ];
  },

  'set-disk-quota': ({ project, quota }, _name, { quotaMount }) => [
    run('setquota', '-P', `${project}`, '0', `${quota}`, '0', '0', quotaMount),
  ],
  'reset-disk-quota': ({ project }, _name, { quotaMount }) => [
    run('setquota', '-P', `${project}`, '0', '0', '0', '0', quotaMount),
  ],

  'install-initscript': ({ initscript }, name, layout) => [
    writeFile(pathsOf(name, layout).initscript, 0o755, initscript.text),
  ],

  // Not yet loaded, so that systemd needs no reload to see it.
  'write-unit': ({ base }, name) => {
    const [folder] = dropInFolders(name);
    const text = `[Service]\nEnvironment=NODEMGR_MACHINE=${machineNameOf(name)} NODEMGR_BASE=${base}\n`;
    return [writeFile(join(folder, '50-sliver.conf'), 0o644, text)];
  },

  // The file is for the next boot; set-property takes hold now.
  'set-limits': ({ limits }, name) => {
    const [folder] = dropInFolders(name);
    const text = `[Service]\n${properties(limits).join('\n')}\n`;
    return [
      writeFile(join(folder, '60-limits.conf'), 0o644, text),
      run('systemctl', 'set-property', '--runtime', unitOf(name), ...properties(limits)),
    ];
  },

  'start-unit': ({ starts }, name, layout) => [
    run('systemctl', 'start', unitOf(name)),
    noteStarts(starts, name, layout),
  ],
  'stop-unit': (_step, name) => [run('systemctl', 'stop', unitOf(name))],

  // The sliver's login shell is the one way in: it enters the caller's own sliver, as root there.
  'run-start-scripts': ({ starts }, name, layout) => [
    run('runuser', '--user', name, '--', layout.sliverShell, '-c', '/etc/rc.vinit start'),
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

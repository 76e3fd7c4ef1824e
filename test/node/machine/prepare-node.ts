/** Makes a node of a machine that has booted: the package, an authority, a configuration, an image. */
import { basename } from 'node:path';
import { DAEMONS } from '@nodemgr/contracts';
import { ASKER_FOLDER } from './asker.ts';
import { IMAGE_TARBALL } from './build-disk.ts';
import { eventually } from './eventually.ts';
import type { NodeMachine } from './node-machine.ts';
import { CONFIG_FILE, type NodeSettings, PLC, renderConfig } from './render-config.ts';

/** Where `npm run build` leaves the PLC. */
export const DEMO_PLC = 'dist/apps/demo-plc/main.cjs';
/** Where tools/node-machine leaves the program that asks daemons. */
export const ASKER = 'dist/node-machine/ask-inside.process.cjs';
/** For what an emulated machine takes a minute for. */
const LONG_MS = 600_000;

/**
 * makeProcessorSet makes the first processor set of the machine, which stays for as long as it runs, and then
 * switches on the processors that it has booted without: see render-qemu.ts.
 */
export async function makeProcessorSet(machine: NodeMachine): Promise<void> {
  const all = await machine.read('/sys/devices/system/cpu/present');
  await machine.root([
    'systemctl',
    'set-property',
    '--runtime',
    'system.slice',
    `AllowedCPUs=${all}`,
  ]);
  await machine.shell(`
    grep --quiet cpuset /sys/fs/cgroup/system.slice/cgroup.controllers
    for processor in /sys/devices/system/cpu/cpu[1-9]*/online; do
      # One that the emulator keeps waiting is late for the kernel, which then does without it.
      for attempt in 1 2 3 4 5; do echo 1 > $processor && break; sleep 2; done
      grep --quiet 1 $processor || exit 1
    done`);
}

/** installPackage installs a .deb as an administrator does, offline: what it depends on is there. */
export async function installPackage(machine: NodeMachine, deb: string): Promise<void> {
  const there = '/root/nodemgr.deb';
  await machine.copyIn(deb, there);
  await machine.root(
    [
      ...['env', 'DEBIAN_FRONTEND=noninteractive'],
      ...[
        'apt-get',
        'install',
        '--yes',
        '--allow-downgrades',
        '-o',
        'Dpkg::Options::=--force-confold',
      ],
      there,
    ],
    { deadlineMs: LONG_MS },
  );
}

/** replacePackage has the node run another build of the package, be it older or of the same version. */
export async function replacePackage(machine: NodeMachine, deb: string): Promise<void> {
  const there = '/root/nodemgr.deb';
  await machine.copyIn(deb, there);
  await machine.root(['dpkg', '--install', '--force-downgrade', '--force-confold', there], {
    deadlineMs: LONG_MS,
  });
  await machine.root(['systemctl', 'restart', 'nodemgr.target'], { deadlineMs: LONG_MS });
}

/** installAsker puts the program in the machine that tests ask daemons by. */
export async function installAsker(machine: NodeMachine): Promise<void> {
  await machine.root(['mkdir', '--parents', ASKER_FOLDER]);
  const modules = `${ASKER_FOLDER}/node_modules`;
  await machine.root(['ln', '--symbolic', '/usr/lib/nodemgr/node_modules', modules]);
  await machine.copyIn(ASKER, `${ASKER_FOLDER}/${basename(ASKER)}`);
}

/** startPlc starts demo-plc with a document, and has the node believe it. */
export async function startPlc(machine: NodeMachine, document: string): Promise<void> {
  await machine.root(['mkdir', '--parents', '/opt/demo-plc', '/srv/plc']);
  await machine.copyIn(DEMO_PLC, '/opt/demo-plc/main.cjs');
  await machine.write(PLC.document, document);
  await machine.root(['systemctl', 'enable', '--quiet', '--now', 'demo-plc.service']);
  await eventually(() =>
    machine.root(['install', '--mode=0644', '-D', PLC.madeCaFile, PLC.caFile]),
  );
}

/** configure replaces the node's configuration and has all daemons read it. */
export async function configure(machine: NodeMachine, settings: NodeSettings): Promise<void> {
  await machine.write(CONFIG_FILE, renderConfig(settings));
  await machine.root(['nmctl', 'config', 'check']);
  await machine.root(['systemctl', 'restart', 'nodemgr.target'], { deadlineMs: LONG_MS });
}

/** keepFilesFor changes how long the files of removed slivers are kept, and has the two daemons read it that go by it. */
export async function keepFilesFor(machine: NodeMachine, seconds: number): Promise<void> {
  const config = await machine.read(CONFIG_FILE);
  const line = /^keep_files_seconds = .*$/m;
  if (!line.test(config)) throw new Error(`${CONFIG_FILE} does not say how long files are kept`);
  const wanted = config.replace(line, `keep_files_seconds = ${seconds}`);
  if (wanted === config) return;
  await machine.write(CONFIG_FILE, wanted);
  const readers = ['nodemgr-db-service.service', 'nodemgr-account-supervisor.service'];
  await machine.root(['systemctl', 'restart', ...readers], { deadlineMs: LONG_MS });
}

/** importImage makes the image that slivers are made of. */
export async function importImage(machine: NodeMachine): Promise<void> {
  await machine.root(['nmctl', 'image', 'import', 'default', IMAGE_TARBALL], {
    deadlineMs: LONG_MS,
  });
}

/** What runs by itself and judges the time of day: at rest while a machine is kept. */
const KEEPERS_OF_TIME = [
  'nodemgr.target',
  ...DAEMONS.map((daemon) => `nodemgr-${daemon}.service`),
  'demo-plc.service',
];

/** rest stops what would notice that the machine has been kept for a while: daemons, and timers of Debian's. */
export async function rest(machine: NodeMachine): Promise<void> {
  await machine.root(['systemctl', 'stop', '*.timer', ...KEEPERS_OF_TIME], { deadlineMs: LONG_MS });
  await machine.root(['sync']);
}

/**
 * wake has the machine's clock say what this one's says, which its hardware clock follows, and starts what
 * rest has stopped.
 */
export async function wake(machine: NodeMachine): Promise<void> {
  // It tells whole seconds: one that has just begun is the time to the millisecond.
  await machine.shell(`
    clock=/sys/class/rtc/rtc0/since_epoch
    read before < $clock; now=$before
    while [ "$now" = "$before" ]; do read now < $clock; done
    date --set="@$now" > /dev/null`);
  await machine.root(['systemctl', 'start', 'demo-plc.service', 'nodemgr.target'], {
    deadlineMs: LONG_MS,
  });
}

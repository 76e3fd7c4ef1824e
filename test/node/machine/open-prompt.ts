/**
 * `npm run node`: the machine that the tests run on, with the sample testbed, and you at root's prompt in
 * it. Whatever ends the session ends the machine.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { eventually } from './eventually.ts';
import { runningSlivers } from './look-at-slivers.ts';
import { onMachines, stopwatch } from './machine-run.ts';
import { filesOf, type MachinePlace, type NodeMachine } from './node-machine.ts';
import { configure, DEMO_PLC, importImage, installPackage, startPlc } from './prepare-node.ts';
import { withPerson } from './render-sample.ts';
import { sshArguments } from './ssh-door.ts';
import type { OwnMachine } from './start-machine.ts';

const SAMPLE = 'apps/demo-plc/sample/slices.xml';
const KEY = '/root/.ssh/id_ed25519';
/** ssh(1)'s own status: the machine went away, or never was there. */
const SSH_FAILED = 255;

/** root of the machine gets a key of its own, and ssh there no questions about host keys. */
async function makeTenant(machine: NodeMachine): Promise<string> {
  await machine.root(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', KEY]);
  await machine.write('/root/.ssh/config', 'Host localhost\n  StrictHostKeyChecking accept-new\n');
  return machine.read(`${KEY}.pub`);
}

async function prepare(machine: NodeMachine, deb: string): Promise<void> {
  const key = await makeTenant(machine);
  await installPackage(machine, deb);
  await startPlc(machine, withPerson(readFileSync(SAMPLE, 'utf8'), key));
  await configure(machine, { delegateKeys: [key], pollSeconds: 15, keepFilesSeconds: 86_400 });
  await importImage(machine);
}

/** firstSliver waits until there is something to see. */
async function firstSliver(machine: NodeMachine, tell: (line: string) => void): Promise<void> {
  await eventually(async () => {
    const [first] = await runningSlivers(machine);
    if (first === undefined) throw new Error('no sliver has come up');
    tell(`${first} runs; the others are coming up`);
  });
}

/** session leaves the terminal to a shell in the machine; returns ssh's exit status. */
async function session(place: MachinePlace): Promise<number> {
  const door = { user: 'root', port: place.sshPort, keyFile: filesOf(place).rootKey };
  const argv = [...sshArguments(door), '-t', '-p', String(door.port), 'root@127.0.0.1'];
  const [code] = await once(spawn('ssh', argv, { stdio: 'inherit' }), 'exit');
  return typeof code === 'number' ? code : SSH_FAILED;
}

/** A machine that is being rebooted from within is waited for. */
async function sessions({ place, qemu }: OwnMachine, tell: (line: string) => void): Promise<void> {
  let code = await session(place);
  while (code === SSH_FAILED && qemu.running) {
    tell('the connection is gone; trying again (Ctrl-C ends the machine)');
    code = await session(place);
  }
}

async function main([deb = '']: readonly string[]): Promise<void> {
  const tell = stopwatch();
  const context = {
    env: process.env,
    deb,
    network: 'open',
    prepare: (_: OwnMachine, machine: NodeMachine) => prepare(machine, deb),
    inputs: [DEMO_PLC, SAMPLE],
    tell,
  } as const;
  await onMachines(context, async (machines) => {
    const own = await machines.start();
    const machine = await own.booted();
    try {
      await firstSliver(machine, tell);
      tell(
        `also, from another terminal: ssh -i ${filesOf(own.place).rootKey} -p ${own.place.sshPort} root@127.0.0.1`,
      );
      await sessions(own, tell);
    } finally {
      await machine.close();
    }
    tell('the machine ends');
  });
}

// What still waits for a machine that is gone must not keep this process.
main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`node: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);

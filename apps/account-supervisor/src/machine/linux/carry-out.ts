/** Carries one command out on this machine: a program, system calls on files, or a question to systemd. Decides nothing. */
import { chmod, chown, mkdir, rename, rm, stat } from 'node:fs/promises';
import {
  type Command,
  type FileCommand,
  type FolderCommand,
  replaceFileDurably,
  runChecked,
  type SystemdCommand,
} from '@nodemgr/agent';
import { native } from '@nodemgr/native';
import type { SystemdManager } from './system-bus/systemd-manager.ts';
import { unitProperty } from './system-bus/unit-properties.ts';

async function makeFolder({ folder, mode, owner }: FolderCommand): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (owner !== undefined) await chown(folder, owner, owner);
  // Whatever the umask, and after the owner: a change of that takes bits away (chown(2)).
  await chmod(folder, mode);
}

async function changeFiles(command: FileCommand): Promise<void> {
  if ('write' in command) await replaceFileDurably(command.write, command.mode, command.text);
  else if ('quota' in command) {
    const { quota, project, hardKiB, hardInodes } = command;
    native().setProjectQuota(quota, project, hardKiB, hardInodes);
  } else if ('folder' in command) await makeFolder(command);
  else if ('charge' in command) native().setProject(command.charge, command.project);
  else if ('need' in command) await stat(command.need);
  else if ('remove' in command) await rm(command.remove, { recursive: true, force: true });
  else await rename(command.move, command.to);
}

async function ask(systemd: SystemdManager, command: SystemdCommand): Promise<void> {
  if ('act' in command) await systemd[command.act](command.unit);
  else {
    const { unit, properties, runtime = false } = command;
    await systemd.setProperties(unit, properties.map(unitProperty), { runtime });
  }
}

/** carryOut does what `command` says; rejects with the reason when that fails. */
export async function carryOut(command: Command, systemd: SystemdManager): Promise<void> {
  if ('run' in command) await runChecked(command);
  else if ('unit' in command) await ask(systemd, command);
  else await changeFiles(command);
}

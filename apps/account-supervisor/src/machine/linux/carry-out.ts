/** Carries one command out on this machine: a program, or system calls on files. Decides nothing. */
import { chmod, chown, mkdir, rename, rm, stat } from 'node:fs/promises';
import {
  type Command,
  type FileCommand,
  type FolderCommand,
  replaceFileDurably,
  runChecked,
} from '@nodemgr/agent';
import { native } from '@nodemgr/native';

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

/** carryOut does what `command` says; rejects with the reason when that fails. */
export async function carryOut(command: Command): Promise<void> {
  if ('run' in command) await runChecked(command);
  else await changeFiles(command);
}

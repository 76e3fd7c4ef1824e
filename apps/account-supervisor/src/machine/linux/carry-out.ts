/** Carries one command out on this machine: a program, a file, a quota. Decides nothing. */
import { type Command, replaceFileDurably, runChecked } from '@nodemgr/agent';
import { native } from '@nodemgr/native';

/** carryOut does what `command` says; rejects with the reason when that fails. */
export async function carryOut(command: Command): Promise<void> {
  if ('write' in command) await replaceFileDurably(command.write, command.mode, command.text);
  else if ('quota' in command) {
    const { quota, project, hardKiB, hardInodes } = command;
    native().setProjectQuota(quota, project, hardKiB, hardInodes);
  } else await runChecked(command);
}

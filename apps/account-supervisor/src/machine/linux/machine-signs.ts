/** Where a real node shows that something has been mended: the places behind the signs of causes.ts. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSign, roomSign, type Sign, writableSign } from '@nodemgr/daemon';
import { isImageVersion } from '@nodemgr/images';
import { judgeRoom } from '../../disk/judge-disk.ts';
import type { MachineLayout } from '../../execute/layout.ts';
import { type IdPolicy, slot } from '../../slots/account-ids.ts';
import type { MachineSigns } from '../port.ts';
import { quotaOf } from './read-account-facts.ts';
import { readDiskFacts } from './read-disk-facts.ts';

/** Where users are, and what says where else they are. */
const USERS = [
  '/etc/passwd',
  '/etc/shadow',
  '/etc/group',
  '/etc/subuid',
  '/etc/subgid',
  '/etc/nsswitch.conf',
  '/var/lib/extrausers/passwd',
] as const;
const LOCKS = ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'].map(
  (file) => `/etc/${file}.lock`,
);

/** The versions that there are: an import works in hidden folders beside them before it is done. */
function imagesSign(folder: string): Sign {
  return async () => (await readdir(folder)).filter(isImageVersion).sort().join();
}

/** That of a project of ours, whichever: what counts is whether the question is answered. */
function quotaSign(layout: MachineLayout, policy: IdPolicy): Sign {
  return async () => {
    quotaOf(slot(0), layout, policy);
    return 'on';
  };
}

/** signsOf returns the signs of a machine with this layout. */
export function signsOf(layout: MachineLayout, policy: IdPolicy): MachineSigns {
  const { stateDir } = layout;
  return {
    images: imagesSign(join(stateDir, 'images')),
    users: fileSign(...USERS),
    locks: fileSign(...LOCKS),
    records: fileSign(join(stateDir, 'accounts')),
    files: fileSign(join(stateDir, 'slivers')),
    containers: fileSign('/run/systemd/machines'),
    room: roomSign(stateDir, '/etc'),
    space: async () => judgeRoom(await readDiskFacts(stateDir)),
    writable: writableSign(stateDir, '/etc'),
    quota: quotaSign(layout, policy),
    units: fileSign('/etc/systemd/system', '/run/systemd/system'),
    programs: fileSign('/usr/sbin', '/usr/bin', '/sbin', '/bin'),
  };
}

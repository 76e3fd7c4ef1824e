/** What the package tells systemd, udev, the kernel, sshd and lintian: files of this checkout, as they are. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageFile } from './package-file.ts';

const UNIT = /\.(service|socket|slice|target)$/;

/** Files that an administrator may change: dpkg asks before it overwrites them. */
export const CONFFILES: readonly string[] = [
  '/etc/nodemgr/nodemgr.toml',
  '/etc/ssh/sshd_config.d/60-nodemgr.conf',
  '/etc/pam.d/nodemgr-login',
];

function units(): readonly PackageFile[] {
  return readdirSync('systemd')
    .filter((name) => UNIT.test(name))
    .sort()
    .map((name) => ({
      from: join('systemd', name),
      to: join('usr/lib/systemd/system', name),
      mode: 0o644,
    }));
}

/** systemFiles returns them. */
export function systemFiles(): readonly PackageFile[] {
  return [
    ...units(),
    {
      from: 'systemd/sysusers.d/nodemgr.conf',
      to: 'usr/lib/sysusers.d/nodemgr.conf',
      mode: 0o644,
    },
    {
      from: 'systemd/tmpfiles.d/nodemgr.conf',
      to: 'usr/lib/tmpfiles.d/nodemgr.conf',
      mode: 0o644,
    },
    {
      // systemd and procps have triggers on that folder, which apply it.
      from: 'systemd/sysctl.d/60-nodemgr.conf',
      to: 'usr/lib/sysctl.d/60-nodemgr.conf',
      mode: 0o644,
    },
    {
      from: 'systemd/udev/60-nodemgr.rules',
      to: 'usr/lib/udev/rules.d/60-nodemgr.rules',
      mode: 0o644,
    },
    {
      from: 'systemd/udev/sliver-disks',
      to: 'usr/lib/nodemgr/sliver-disks',
      mode: 0o755,
    },
    {
      from: 'systemd/disk/measure-disk',
      to: 'usr/lib/nodemgr/measure-disk',
      mode: 0o755,
    },
    {
      from: 'systemd/disk/keep-reserve',
      to: 'usr/lib/nodemgr/keep-reserve',
      mode: 0o755,
    },
    {
      from: 'systemd/sshd_config.d/60-nodemgr.conf',
      to: 'etc/ssh/sshd_config.d/60-nodemgr.conf',
      mode: 0o644,
    },
    {
      from: 'systemd/pam.d/nodemgr-login',
      to: 'etc/pam.d/nodemgr-login',
      mode: 0o644,
    },
    {
      from: 'systemd/pam.d/login-limits.conf',
      to: 'usr/lib/nodemgr/login-limits.conf',
      mode: 0o644,
    },
    {
      from: 'tools/package/debian/lintian-overrides',
      to: 'usr/share/lintian/overrides/nodemgr',
      mode: 0o644,
    },
  ];
}

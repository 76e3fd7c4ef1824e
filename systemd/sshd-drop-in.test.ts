/** The sshd drop-in, as sshd itself reads it: included before everything else, as Debian does. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { skipNote } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const DROP_IN = 'systemd/sshd_config.d/60-nodemgr.conf';
const SSHD = '/usr/sbin/sshd';
/** It reads nothing before it has looked for this folder, which its unit makes. */
const PRIVILEGE_SEPARATION = '/run/sshd';
const canRun = existsSync(SSHD) && existsSync(PRIVILEGE_SEPARATION) && isRecent();

/** From 9.8 on a Match may name the PAM service; Debian 13, which the package is for, has 10.0. */
function isRecent(): boolean {
  const { stdout, stderr } = spawnSync(SSHD, ['-V'], { encoding: 'utf8' });
  const [, major = '0', minor = '0'] = /OpenSSH_(\d+)\.(\d+)/.exec(`${stdout}${stderr}`) ?? [];
  return Number(major) * 100 + Number(minor) >= 908;
}

test('it says something about our accounts only, but for how many may be logging in at once', () => {
  const settings = readFileSync(DROP_IN, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(settings.slice(0, 4)).toEqual([
    'MaxStartups 100:30:200',
    'PerSourceMaxStartups 50',
    'PerSourcePenaltyExemptList 127.0.0.0/8,::1',
    'Match Group nodemgr-accounts',
  ]);
  expect(settings.slice(4).every((line) => line.startsWith('    '))).toBe(true);
});

const note = skipNote(canRun ? [] : ['openssh-server 9.8 with /run/sshd']);

describe.skipIf(!canRun)(`as sshd reads it${note}`, () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sshd-'));
    const key = ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'host_key')];
    spawnSync('ssh-keygen', key);
    // The group's place is taken by a user's: this machine has no account of ours.
    const dropIn = readFileSync(DROP_IN, 'utf8').replace('Group nodemgr-accounts', 'User daemon');
    writeFileSync(join(folder, '60-nodemgr.conf'), dropIn);
    writeFileSync(
      join(folder, 'sshd_config'),
      `Include ${folder}/*.conf\nHostKey ${folder}/host_key\nX11Forwarding yes\n`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function settingsFor(user: string): ReadonlyMap<string, string> {
    const context = `user=${user},host=node,addr=127.0.0.1`;
    const { status, stdout, stderr } = spawnSync(
      SSHD,
      ['-T', '-C', context, '-f', resolve(folder, 'sshd_config')],
      { encoding: 'utf8' },
    );
    expect(status, stderr).toBe(0);
    return new Map(stdout.split('\n').map((line) => [line.split(' ')[0] ?? '', line] as const));
  }

  test('an account of ours logs in with a key that it cannot change, and forwards nothing', () => {
    const ours = settingsFor('daemon');
    expect(ours.get('authorizedkeysfile')).toContain('/var/lib/nodemgr/keys/%u');
    expect(ours.get('authenticationmethods')).toBe('authenticationmethods publickey');
    expect(ours.get('disableforwarding')).toBe('disableforwarding yes');
    expect(ours.get('x11forwarding')).toBe('x11forwarding no');
    expect(ours.get('pamservicename')).toBe('pamservicename nodemgr-login');
  });

  test('every other account is as it was: nothing leaks out of the file', () => {
    const other = settingsFor('nobody');
    expect(other.get('authorizedkeysfile')).not.toContain('nodemgr');
    expect(other.get('passwordauthentication')).toBe('passwordauthentication yes');
    expect(other.get('disableforwarding')).toBe('disableforwarding no');
    expect(other.get('pamservicename')).not.toContain('nodemgr');
    expect(other.get('x11forwarding')).toBe('x11forwarding yes');
  });
});

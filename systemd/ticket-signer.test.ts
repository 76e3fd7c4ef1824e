/** The units of the ticket signer, which is no part of a node: as systemd reads them, and how exposed it is. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { skipUnless } from '@nodemgr/testkit';
import { expect, test } from 'vitest';

const FOLDER = 'systemd/ticket-signer';
const SERVICE = 'nodemgr-ticket-signer.service';
const MOST_EXPOSED = 1.5;

function run(command: string, ...args: readonly string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return { status, said: `${stdout ?? ''}${stderr ?? ''}` };
}

const textOf = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const units = readdirSync(FOLDER).filter((name) => /\.(service|socket)$/.test(name));

test('systemd-analyze verify has nothing to say about any unit', (context) => {
  skipUnless(context, 'systemd');
  const root = mkdtempSync(join(tmpdir(), 'signer-units-'));
  try {
    const copies = units.map((name) => {
      const copy = join(root, name);
      // Only the program's place differs: verify wants it to be there.
      writeFileSync(copy, textOf(name).replace(/^(Exec\w+=)\S+/gm, `$1${process.execPath}`));
      return copy;
    });
    const verified = run('systemd-analyze', 'verify', '--man=no', ...copies);
    expect(verified).toEqual({ status: 0, said: '' });
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('it is hardly exposed', (context) => {
  skipUnless(context, 'systemd');
  const unit = resolve(FOLDER, SERVICE);
  const { said } = run('systemd-analyze', 'security', '--offline=true', '--no-pager', unit);
  const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(said)?.[1]);
  expect(exposure).toBeLessThanOrEqual(MOST_EXPOSED);
});

test('its user is made, and is the one that it runs as', (context) => {
  expect(textOf(SERVICE)).toContain('\nUser=nodemgr-ticket-signer\n');
  skipUnless(context, 'systemd');
  const { said } = run('systemd-sysusers', '--dry-run', resolve(FOLDER, 'sysusers.conf'));
  expect(said).toMatch(/nodemgr-ticket-signer/);
});

test('each socket is handed over by the name that tells what it is for', () => {
  expect(textOf('nodemgr-ticket-signer.socket')).toContain('\nFileDescriptorName=unix\n');
  expect(textOf('nodemgr-ticket-signer-tls.socket')).toContain('\nFileDescriptorName=tls\n');
});

test('however often the service ends, its sockets stay open', () => {
  // What cannot serve is started again for a connection that waits: it ends no faster than it pauses.
  expect(textOf(SERVICE)).toContain('\nRestartPreventExitStatus=78\n');
  expect(textOf(SERVICE)).toContain('\nStartLimitIntervalSec=0\n');
  for (const socket of units.filter((name) => name.endsWith('.socket'))) {
    expect(textOf(socket)).toContain('\nTriggerLimitIntervalSec=0\n');
  }
});

test('the service alone never starts the socket for TLS, which somebody has to want', () => {
  const settings = textOf(SERVICE)
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  expect(settings.filter((line) => line.includes('tls.socket'))).toEqual([]);
});

test('it sees its callers as they are, and no network', () => {
  const settings = textOf(SERVICE).split('\n');
  expect(settings).toContain('PrivateUsers=no');
  expect(settings).toContain('PrivateNetwork=yes');
  expect(settings).toContain('RestrictAddressFamilies=AF_UNIX');
});

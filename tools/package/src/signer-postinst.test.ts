/** What installing the ticket signer enables: its script, run with stand-ins for the programs that it calls. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SCRIPT = 'tools/package/debian-signer/postinst';
const UNITS = ['nodemgr-ticket-signer.socket', 'nodemgr-ticket-signer.service'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postinst-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the programs that the script asks say. */
interface Machine {
  /** Whether --check finds nothing wrong. */
  readonly good: boolean;
  /** Whether the package has been there before. */
  readonly known: boolean;
  /** Whether its units were enabled then. */
  readonly enabled: boolean;
}

/** install runs the script; returns the units that it enables, and what it says. */
function install({ good, known, enabled }: Machine) {
  const log = join(folder, 'log');
  const program = (name: string, body: string): void => {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
  };
  const status = (yes: boolean) => (yes ? 0 : 1);
  writeFileSync(log, '');
  program('systemd-sysusers', 'exit 0');
  program('systemctl', 'exit 1');
  program('deb-systemd-invoke', 'exit 0');
  program('nodemgr-ticket-signer', `echo "callers: missing"; exit ${good ? 0 : 78}`);
  program(
    'deb-systemd-helper',
    `echo "$@" >> ${log}\ncase "$*" in debian-installed*) exit ${status(known)} ;; ` +
      `*was-enabled*) exit ${status(enabled)} ;; esac`,
  );
  const env = { PATH: `${folder}:/usr/bin:/bin` };
  const run = spawnSync('sh', [SCRIPT, 'configure', ''], { encoding: 'utf8', env });
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  const units = lines.flatMap((line) => /^enable (.*)$/.exec(line)?.[1] ?? []);
  return { status: run.status, enabled: units, said: run.stdout + run.stderr };
}

test('installed without a configuration it is not enabled, and says how to begin', () => {
  const { status, enabled, said } = install({ good: false, known: false, enabled: true });
  expect({ status, enabled }).toEqual({ status: 0, enabled: [] });
  expect(said).toContain('callers: missing\n');
  expect(said).toContain(`systemctl enable --now ${UNITS.join(' ')}\n`);
});

test('installed where it is configured already it is enabled, but never the socket for TLS', () => {
  expect(install({ good: true, known: false, enabled: true })).toEqual({
    status: 0,
    enabled: UNITS,
    said: '',
  });
});

test('an upgrade leaves it enabled or disabled as the operator has it', () => {
  const enabledAfter = (enabled: boolean) => install({ good: true, known: true, enabled }).enabled;
  expect(enabledAfter(true)).toEqual(UNITS);
  expect(enabledAfter(false)).toEqual([]);
});

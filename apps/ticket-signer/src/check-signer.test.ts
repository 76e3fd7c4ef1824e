import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asWhom, isTlsSocketEnabled } from './check-signer.ts';
import { INSTALLED_CONFIG } from './config/load-signer-config.ts';
import { judgeTlsSocket } from './http/judge-tls-socket.ts';

test('root looks at the installed configuration as the user of the service, else as whom it names', () => {
  const unit = readFileSync('systemd/ticket-signer/nodemgr-ticket-signer.service', 'utf8');
  const [, serviceUser] = /^User=(.*)$/m.exec(unit) ?? [];
  expect(asWhom({ config: INSTALLED_CONFIG }, 0)).toBe(serviceUser);
  expect(asWhom({ config: INSTALLED_CONFIG, user: 'nobody' }, 0)).toBe('nobody');
  expect(asWhom({ config: INSTALLED_CONFIG }, 1000)).toBeUndefined();
  expect(asWhom({ config: '/tmp/other.toml' }, 0)).toBeUndefined();
});

describe('where systemd listens', () => {
  test.each([
    [true, false, /^\[tls\] is configured, .*: enable and start nodemgr-ticket-signer-tls.socket$/],
    [false, true, /^systemd listens for TLS, .*: disable and stop nodemgr-ticket-signer-tls/],
  ])('a table [tls]: %s, and its socket: %s, is told', (configured, listening, why) => {
    expect(judgeTlsSocket({ configured, listening })).toMatch(why);
  });

  test.each([true, false])('both, or neither: %s, is good', (both) => {
    expect(judgeTlsSocket({ configured: both, listening: both })).toBeUndefined();
  });
});

describe('whether it listens for TLS', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'booted-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test('is not known where no systemd runs', () => {
    expect(isTlsSocketEnabled(root)).toBeUndefined();
  });

  test('is what systemctl enable has left, also where the unit has gone', () => {
    mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
    expect(isTlsSocketEnabled(root)).toBe(false);
    const wants = join(root, 'etc/systemd/system/sockets.target.wants');
    mkdirSync(wants, { recursive: true });
    symlinkSync('/nonexistent', join(wants, 'nodemgr-ticket-signer-tls.socket'));
    expect(isTlsSocketEnabled(root)).toBe(true);
  });
});

import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSignerConfig, parseSignerConfig } from './load-signer-config.ts';

const CALLER = '[[callers]]\nname = "a"\nuid = 7\nslices = ["princeton_*"]\n';
const TLS = '[tls]\ncertificate_file = "/c"\nkey_file = "/k"\nclient_ca_file = "/a"\n';

test('one caller is enough; everything else has a default', () => {
  expect(parseSignerConfig(CALLER, 'file')).toMatchObject({
    signing: { key_file: '/etc/nodemgr-ticket-signer/key.pem', hash: 'sha256' },
    unix: { socket: '/run/nodemgr-ticket-signer/sign.sock' },
    limits: { requests_per_caller: 8, requests: 64 },
    callers: [{ name: 'a', uid: 7, max_lifetime_seconds: 604_800 }],
  });
});

test('a fingerprint is the same with colons and without, in capitals and not', () => {
  const shown = Array(32).fill('AB').join(':');
  const text = `${TLS}[[callers]]\nname = "a"\nslices = ["*"]\ncertificate_sha256 = "${shown}"\n`;
  const [caller] = parseSignerConfig(text, 'file').callers;
  expect(caller?.certificate_sha256).toBe('ab'.repeat(32));
});

const alter = (from: string, to: string) => CALLER.replace(from, to);
test.each([
  ['no caller', '', 'callers: missing; wants 1 to 1000 tables [[callers]]'],
  ['a key that does not exist', `x = 1\n${CALLER}`, 'x: no such key'],
  [
    'a name that would spoil the log',
    alter('"a"', '"a b"'),
    'callers.0.name: "a b" is not allowed',
  ],
  ['nobody in particular', alter('7', '65534'), 'callers.0.uid: 65534 is not allowed'],
  [
    'half of a site',
    alter('princeton_*', 'prince*'),
    'callers.0.slices.0: "prince*" is not allowed',
  ],
  ['a pattern with more than a prefix', alter('princeton_*', 'a_*b'), '"a_*b" is not allowed'],
  ['no slices', alter('["princeton_*"]', '[]'), 'callers.0.slices: [] is not allowed'],
  ['no identity', alter('uid = 7', ''), 'callers.0: wants exactly one of uid, certificate_sha256'],
  ['two identities', alter('uid = 7', 'uid = 7\ncertificate_cn = "x"'), 'wants exactly one of'],
  [
    'a relative path',
    `[signing]\nkey_file = "k"\n${CALLER}`,
    'signing.key_file: "k" is not allowed',
  ],
  ['another hash', `[signing]\nhash = "sha1"\n${CALLER}`, 'signing.hash: "sha1" is not allowed'],
  [
    'a certificate without TLS',
    alter('uid = 7', 'certificate_cn = "x"'),
    'there is no table [tls]',
  ],
  [
    'one user twice',
    CALLER + alter('"a"', '"b"'),
    'callers.1.uid: 7 is not allowed; callers.0.uid is',
  ],
  ['one name twice', CALLER + alter('7', '8'), 'callers.1.name: "a" is not allowed'],
  ['no TOML', 'callers = [', 'line 1'],
])('%s is refused, with the key and what is allowed', (_what, text, why) => {
  expect(() => parseSignerConfig(text, 'file')).toThrow(why);
  expect(() => parseSignerConfig(text, 'file')).toThrow(/^file: /);
});

test('everything that is wrong is said at once', () => {
  const text = `[limits]\nrequests = 0\n${CALLER.replace('7', '-1')}`;
  expect(() => parseSignerConfig(text, 'file')).toThrow(
    'file: limits.requests: 0 is not allowed; wants a whole number, 1 to 10000\n' +
      'file: callers.0.uid: -1 is not allowed; wants a user id other than 65534',
  );
});

test('a file that is not there, or far too long, is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signer-config-'));
  const file = join(folder, 'signer.toml');
  try {
    expect(() => loadSignerConfig(file)).toThrow(`${file}: cannot be read: ENOENT`);
    writeFileSync(file, CALLER);
    expect(loadSignerConfig(file).callers).toHaveLength(1);
    truncateSync(file, 2 << 20);
    expect(() => loadSignerConfig(file)).toThrow(/cannot be read: it has more than 1048576 bytes/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

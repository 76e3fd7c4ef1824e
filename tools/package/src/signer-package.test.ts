/** The ticket signer's package, made of what is in dist/, and its texts against the keys that there are. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs, skipUnless } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseSignerConfig } from '../../../apps/ticket-signer/src/config/load-signer-config.ts';
import { signerKeys } from '../../../apps/ticket-signer/src/config/signer-keys.ts';
import { buildFacts } from './build-facts.ts';
import { makePackage } from './make-package.ts';
import { renderConffile } from './render-conffile.ts';
import { renderSignerManual } from './render-man-signer.ts';
import { SIGNER_PACKAGE, signerTables } from './signer-package.ts';
import { SIGNER_INTRODUCTION, SIGNER_WORDS } from './signer-words.ts';

const NAME = 'nodemgr-ticket-signer';
const installedConfig = renderConffile(signerTables(), SIGNER_INTRODUCTION);

function run(command: string, ...args: readonly string[]): { status: number | null; said: string } {
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    LC_ALL: 'C.UTF-8',
    MANWIDTH: '90',
  };
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env });
  return { status, said: `${stdout}${stderr}` };
}

test('every key of ticket-signer.toml has its words, and no words are left over', () => {
  const keys = signerKeys().map(({ key }) => key);
  expect(Object.keys(SIGNER_WORDS.keys).sort()).toEqual([...keys].sort());
  expect(signerKeys().filter(({ allowed }) => allowed === '')).toEqual([]);
});

test('the installed configuration lacks nothing but callers, and shows values that are allowed', () => {
  expect(() => parseSignerConfig(installedConfig, 'file')).toThrow(
    /^file: callers: missing; wants 1 to 1000 tables \[\[callers\]\]$/,
  );
  const everything = installedConfig
    .replaceAll(/^#(?=\[|\w+ = )/gm, '')
    // One caller is known by one thing.
    .replaceAll(/^(certificate_sha256|uid) = .*$/gm, '');
  const { callers, tls } = parseSignerConfig(everything, 'file');
  expect(tls?.port).toBe(1813);
  expect(callers).toHaveLength(1);
});

test('the manual has every key, and every status that the server answers with', () => {
  const page = renderSignerManual(signerTables(), { version: '1', date: 0 });
  for (const { key } of signerKeys()) {
    expect(page).toContain(`\\fB${key.slice(key.lastIndexOf('.') + 1)}\\fR`);
  }
  for (const status of [200, 400, 403, 404, 405, 408, 413, 415, 429, 431, 500, 503]) {
    expect(page).toContain(`\\fB${status}\\fR`);
  }
});

const { missing, note } = needs('dpkg-dev');

describe.skipIf(missing)(`the package${note}`, () => {
  let folder: string;
  let deb: string;
  let tree: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'signer-package-'));
    tree = join(folder, 'tree-of-deb');
    const facts = buildFacts({ SOURCE_DATE_EPOCH: '1700000000' }, '1.2~test');
    deb = makePackage(facts, folder, SIGNER_PACKAGE);
    expect(run('dpkg-deb', '--raw-extract', deb, tree)).toEqual({ status: 0, said: '' });
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test('has its own program, units and manual, and shares no file with a node', () => {
    expect(deb).toMatch(/\/nodemgr-ticket-signer_1\.2~test_(amd64|arm64)\.deb$/);
    const files = readdirSync(tree, { recursive: true, encoding: 'utf8' });
    expect(files).toContain(`usr/lib/${NAME}/ticket-signer/main.cjs`);
    expect(files).toContain(`usr/lib/${NAME}/nodemgr.node`);
    expect(files.filter((path) => /\.(service|socket)$/.test(path)).sort()).toEqual(
      [`${NAME}-tls.socket`, `${NAME}.service`, `${NAME}.socket`].map(
        (unit) => `usr/lib/systemd/system/${unit}`,
      ),
    );
    expect(files.filter((path) => /(^|\/)nodemgr(\/|$)|node_modules|\.pem$/.test(path))).toEqual(
      [],
    );
  });

  test('has a program that says what is wrong with the installed configuration', () => {
    const config = join(tree, `etc/${NAME}/ticket-signer.toml`);
    const { status, said } = run(join(tree, 'usr/sbin', NAME), '--check', '--config', config);
    expect(status).toBe(78);
    expect(said).toBe(`${NAME}: ${config}: callers: missing; wants 1 to 1000 tables [[callers]]\n`);
  });

  test('lists its configuration as such, and depends on the Node.js that its addon is for', () => {
    const control = (name: string) => readFileSync(join(tree, 'DEBIAN', name), 'utf8');
    expect(control('conffiles')).toBe(`/etc/${NAME}/ticket-signer.toml\n`);
    expect(control('control')).toContain(`libnode${process.versions.modules}`);
    for (const name of ['postinst', 'prerm', 'postrm']) {
      expect(run('sh', '-n', join(tree, 'DEBIAN', name))).toEqual({ status: 0, said: '' });
    }
  });

  test('has a manual page that man has nothing to say about', (context) => {
    skipUnless(context, 'man-db');
    const page = join(tree, `usr/share/man/man8/${NAME}.8.gz`);
    const { status, stderr } = spawnSync('man', ['--warnings', '-l', page], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', MANWIDTH: '90', MANPAGER: 'cat' },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('has nothing that lintian calls an error or warns of', { timeout: 120_000 }, (context) => {
    skipUnless(context, 'lintian');
    const { said } = run('lintian', '--fail-on', 'none', deb);
    expect(said.split('\n').filter((line) => /^[EW]: /.test(line))).toEqual([]);
  });
});

/** The package itself, made of what is in dist/: what is in it, and that it can be trusted to be the same. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAEMONS } from '@nodemgr/contracts';
import { needs, skipUnless } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildFacts } from './build-facts.ts';
import { makePackage } from './make-package.ts';
import { NATIVE_FILES } from './program-files.ts';
import { stageTree } from './stage-tree.ts';

function run(command: string, ...args: readonly string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: ENVIRONMENT,
  });
  return { status, said: `${stdout}${stderr}` };
}
/** Without what a terminal or Nx adds. */
const ENVIRONMENT = { PATH: process.env['PATH'], HOME: '/nonexistent', LC_ALL: 'C.UTF-8' };

test('what is not built is named, all of it', () => {
  const files = ['none/a', 'none/b'].map((from) => ({ from, to: 'x', mode: 0o644 }));
  expect(() => stageTree('/nonexistent', files)).toThrow(
    'not there, and needed for the package: none/a, none/b',
  );
});

test('a version that is none is refused', () => {
  expect(() => buildFacts({}, '1_0')).toThrow('1_0 is no version of a package');
});

const { missing, note } = needs('dpkg-dev');

describe.skipIf(missing)(`the package${note}`, () => {
  let folder: string;
  let deb: string;
  let tree: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'package-'));
    tree = join(folder, 'tree-of-deb');
    deb = makePackage(buildFacts({ SOURCE_DATE_EPOCH: '1700000000' }, '1.2~test'), folder);
    expect(run('dpkg-deb', '--raw-extract', deb, tree)).toEqual({ status: 0, said: '' });
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const digestOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  /** Every line of what tar lists: mode, owner, …, path. */
  const listed = () => run('dpkg-deb', '--contents', deb).said.trim().split('\n');
  const installed = () =>
    readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter(
      (path) => !path.startsWith('DEBIAN'),
    );

  test('is named by its version and architecture', () => {
    expect(deb).toMatch(/\/nodemgr_1\.2~test_(amd64|arm64)\.deb$/);
  });

  test('is the same, byte for byte, when it is made again', { timeout: 300_000 }, () => {
    const facts = buildFacts({ SOURCE_DATE_EPOCH: '1700000000' }, '1.2~test');
    expect(digestOf(makePackage(facts, join(folder, 'again')))).toBe(digestOf(deb));
  });

  test('belongs to root, and only sliver-shell has a right that its caller has not', () => {
    expect(listed().filter((line) => !line.includes(' root/root '))).toEqual([]);
    const special = listed().filter((line) => /^.{3}[sS]|^.{6}[sS]|^.{8}w/.test(line));
    expect(special.filter((line) => !line.startsWith('l'))).toEqual([
      expect.stringMatching(/^-rwsr-xr-x .*\/usr\/lib\/nodemgr\/sliver-shell$/),
    ]);
  });

  test('has the five daemons, nmctl and all programs, and nothing to develop with', () => {
    const files = installed();
    for (const name of [...DAEMONS, 'nmctl']) {
      expect(files).toContain(`usr/lib/nodemgr/${name}/main.cjs`);
    }
    for (const name of Object.keys(NATIVE_FILES)) {
      expect(files).toContain(`usr/lib/nodemgr/${name}`);
    }
    expect(files.filter((path) => /demo|\.map$|\.ts$|\.test\.|prebuilds/.test(path))).toEqual([]);
  });

  test('has one addon of each package that has one', () => {
    const addons = installed().filter((path) => path.endsWith('.node'));
    expect(addons.map((path) => path.split('/').slice(0, 5).join('/')).sort()).toEqual([
      'usr/lib/nodemgr/node_modules/better-sqlite3',
      'usr/lib/nodemgr/node_modules/zeromq',
      'usr/lib/nodemgr/nodemgr.node',
    ]);
  });

  test('has programs that say their version, as they are installed', () => {
    const version = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string })
      .version;
    for (const name of [...DAEMONS, 'nmctl']) {
      const main = join(tree, 'usr/lib/nodemgr', name, 'main.cjs');
      expect(run(process.execPath, main, '--version')).toEqual({
        status: 0,
        said: `${version}\n`,
      });
    }
  });

  test('has daemons that say in one line which Node.js they need, and do not run with another', () => {
    const note = join(tree, 'usr/lib/nodemgr/build-info.json');
    const text = readFileSync(note, 'utf8');
    writeFileSync(note, text.replace(/"node_abi":"\d+"/, '"node_abi":"99"'));
    try {
      const main = join(tree, 'usr/lib/nodemgr/db-service/main.cjs');
      const { status, said } = run(process.execPath, main, '--config', '/nonexistent');
      expect(said.trim().split('\n')).toEqual([
        expect.stringMatching(
          `^db-service: cannot start: .* ABI 99 .* ABI ${process.versions.modules} `,
        ),
      ]);
      expect(status).toBe(78);
    } finally {
      writeFileSync(note, text);
    }
  });

  test('lists as configuration exactly what it has below /etc', () => {
    const conffiles = readFileSync(join(tree, 'DEBIAN/conffiles'), 'utf8').trim().split('\n');
    const below = installed().filter(
      (path) => path.startsWith('etc/') && statSync(join(tree, path)).isFile(),
    );
    expect(conffiles.sort()).toEqual(below.map((path) => `/${path}`).sort());
  });

  test.each(['postinst', 'prerm', 'postrm'])('%s is a script that any sh understands', (name) => {
    expect(run('sh', '-n', join(tree, 'DEBIAN', name))).toEqual({ status: 0, said: '' });
    expect(readFileSync(join(tree, 'DEBIAN', name), 'utf8')).toContain('\nset -e\n');
  });

  test('has maintainer scripts that know every unit that can be enabled', () => {
    const folderOfUnits = join(tree, 'usr/lib/systemd/system');
    const units = readdirSync(folderOfUnits).filter((name) =>
      readFileSync(join(folderOfUnits, name), 'utf8').includes('\n[Install]\n'),
    );
    const script = (name: string) => readFileSync(join(tree, 'DEBIAN', name), 'utf8');
    for (const unit of units) {
      expect(script('postinst')).toContain(unit);
      expect(script('postrm')).toContain(unit);
    }
    expect(units).toHaveLength(8);
  });

  test('never starts, stops or restarts a sliver but when it is removed', () => {
    const mentions = ['postinst', 'postrm'].filter((name) =>
      /nodemgr-sliver@|nodemgr(-slivers)?\.slice/.test(
        readFileSync(join(tree, 'DEBIAN', name), 'utf8'),
      ),
    );
    expect(mentions).toEqual([]);
  });

  test('has manual pages that man has nothing to say about', (context) => {
    skipUnless(context, 'man-db');
    for (const page of [
      'man1/nmctl.1.gz',
      'man5/nodemgr.toml.5.gz',
      'man7/nodemgr-api.7.gz',
      'man7/nodemgr-tenant.7.gz',
    ]) {
      const file = join(tree, 'usr/share/man', page);
      expect(existsSync(file)).toBe(true);
      const { status, stderr } = spawnSync('man', ['--warnings', '-l', file], {
        encoding: 'utf8',
        env: { ...ENVIRONMENT, MANWIDTH: '90', MANPAGER: 'cat' },
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    }
  });

  test('has nothing that lintian calls an error or warns of', { timeout: 120_000 }, (context) => {
    skipUnless(context, 'lintian');
    const { said } = run('lintian', '--fail-on', 'none', deb);
    expect(said.split('\n').filter((line) => /^[EW]: /.test(line))).toEqual([]);
  });
});

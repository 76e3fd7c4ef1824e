/** The package itself, made of what is in dist/: what is in it, and that it can be trusted to be the same. */
import { isAscii } from 'node:buffer';
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
import { needs, skipUnless } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildFacts } from './build-facts.ts';
import { makePackage } from './make-package.ts';
import { BUNDLED_APPS, NATIVE_FILES } from './program-files.ts';
import { stageTree } from './stage-tree.ts';

function run(command: string, ...args: readonly string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: ENVIRONMENT,
  });
  return { status, said: `${stdout}${stderr}` };
}
/** For a mount namespace: lays the package's files over this machine's as if it were installed. */
const INSTALL = `
set -e
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work
cp --archive "$1/usr/lib/." /mnt/upper/
mount -t overlay overlay -o lowerdir=/usr/lib,upperdir=/mnt/upper,workdir=/mnt/work /usr/lib
`;
/**
 * Runs what dpkg runs when Node.js is replaced, then the command lines given, and last what dpkg runs before an
 * upgrade, which leaves nothing compiled.
 */
const TRIAL = `${INSTALL}
sh "$1/DEBIAN/postinst" triggered /usr/bin/node
tree=$1
shift
for start; do $start; done
sh "$tree/DEBIAN/prerm" upgrade 99
find /usr/lib/nodemgr -name '*program.code*'
echo upgraded
`;
/** Runs the postinst, with seconds for a minute, where two programs do not end, one of them not by SIGTERM either. */
const ENDLESS = `${INSTALL}
echo 'setInterval(() => {}, 1000)' >/usr/lib/nodemgr/bwcap-agent/program.cjs
echo 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)' >/usr/lib/nodemgr/plc-fetcher/program.cjs
sed 's/timeout --kill-after=5 60 /timeout --kill-after=1 3 /' "$1/DEBIAN/postinst" >/mnt/postinst
sh /mnt/postinst triggered /usr/bin/node
`;
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

  const mainOf = (name: string) => `/usr/lib/nodemgr/${name}/main.cjs`;
  /** The flags that a unit starts a daemon with; none for nmctl. */
  const flagsOf = (name: string) => {
    const unit = join(tree, `usr/lib/systemd/system/nodemgr-${name}.service`);
    const text = existsSync(unit) ? readFileSync(unit, 'utf8') : '';
    return /^ExecStart=\/usr\/bin\/node (.*) \/usr\/lib/m.exec(text)?.[1] ?? '';
  };
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
    for (const name of BUNDLED_APPS) {
      expect(files).toContain(`usr/lib/nodemgr/${name}/main.cjs`);
      expect(files).toContain(`usr/lib/nodemgr/${name}/program.cjs`);
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
    for (const name of BUNDLED_APPS) {
      const main = join(tree, mainOf(name));
      expect(run(process.execPath, main, '--version')).toEqual({
        status: 0,
        said: `${version}\n`,
      });
    }
  });

  test.each(BUNDLED_APPS)(
    'has a program %s that code can be kept of, and V8 in a byte a character',
    (name) => {
      const bytes = readFileSync(join(tree, 'usr/lib/nodemgr', name, 'program.cjs'));
      expect(bytes.toString()).not.toMatch(/\bimport\s*\(/);
      expect(isAscii(bytes)).toBe(true);
    },
  );

  test('compiles its programs for the flags of their units when Node.js is replaced', (context) => {
    skipUnless(context, 'a Node.js of a package', 'a right to mount', 'a kernel with overlays');
    const asking = join(folder, 'asking.cjs');
    const rejected = 'require(process.argv[1]).script.cachedDataRejected';
    writeFileSync(asking, `process.on('exit', () => console.log('rejected:', ${rejected}));`);
    const starts = BUNDLED_APPS.map(
      (name) => `/usr/bin/node ${flagsOf(name)} --require ${asking} ${mainOf(name)} --version`,
    );
    const { status, said } = run('unshare', '--mount', 'sh', '-c', TRIAL, 'trial', tree, ...starts);
    const version = run(process.execPath, join(tree, mainOf('nmctl')), '--version').said;
    expect({ status, said }).toEqual({
      status: 0,
      said: `${BUNDLED_APPS.map(() => `${version}rejected: false\n`).join('')}upgraded\n`,
    });
  });

  test('does not wait for a program that does not end when it is compiled, and names it', (context) => {
    skipUnless(context, 'a Node.js of a package', 'a right to mount', 'a kernel with overlays');
    const script = readFileSync(join(tree, 'DEBIAN/postinst'), 'utf8');
    expect(script.match(/timeout --kill-after=5 60 /g)).toHaveLength(1);
    const { status, said } = run('unshare', '--mount', 'sh', '-c', ENDLESS, 'trial', tree);
    const reason = (name: string) =>
      new RegExp(`^nodemgr: ${name} starts later than it could: (.*)$`, 'm').exec(said)?.[1];
    expect({ status, agent: reason('bwcap-agent'), fetcher: reason('plc-fetcher') }).toEqual({
      status: 0,
      agent: 'compiling it ahead took longer than 60 seconds',
      fetcher: 'compiling it ahead was ended by SIGKILL, after 65 seconds or for want of memory',
    });
  });

  test('is called when what Node.js runs from is replaced', () => {
    expect(readFileSync(join(tree, 'DEBIAN/triggers'), 'utf8')).toMatch(
      /^interest-noawait \/usr\/bin\/node\ninterest-noawait \/usr\/lib\/\S+-linux-gnu\/libnode\.so\.\d+\n$/,
    );
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

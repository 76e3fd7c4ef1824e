import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { native } from './index.ts';
import { loadNative, nativeCandidates } from './load-native.ts';

const ADDON = resolve(__dirname, '../../../dist/native/nodemgr.node');

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodemgr-native-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function put(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
}

/** Bundles an app that uses the addon, the way tools/bundle.mjs does. Returns the warnings. */
async function bundle(outfile: string): Promise<readonly string[]> {
  const { warnings } = await build({
    stdin: {
      contents: `import { native } from './index.ts';
        console.log('imported');
        console.log(Object.keys(native()).length, native() === native());`,
      resolveDir: __dirname,
      loader: 'ts',
    },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'silent',
  });
  return warnings.map(({ text }) => text);
}

function run(file: string): { status: number | null; stdout: string; stderr: string } {
  const options = { encoding: 'utf8', env: {} } as const; // Nx would ask for colours.
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], options);
  return { status, stdout, stderr };
}

describe('native', () => {
  it('loads the addon from the source tree, once', () => {
    expect(Object.keys(native()).sort()).toEqual([
      'clockSynchronised',
      'closeNetworkEvents',
      'fileStamp',
      'htbClassNumbers',
      'lockFile',
      'notify',
      'openNetworkEvents',
      'peerCredentials',
      'projectOf',
      'projectQuota',
      'readNetworkEvents',
      'rootQdisc',
      'rootQdiscs',
      'setProject',
      'setProjectQuota',
      'tcpPeerOwner',
      'tcpSocketOwner',
      'unlockFile',
    ]);
    expect(native()).toBe(native());
  });

  it.each([
    ['built', 'dist/apps/db-service/main.cjs', 'dist/native/nodemgr.node'],
    ['installed', 'lib/nodemgr/db-service/program.cjs', 'lib/nodemgr/nodemgr.node'],
  ])(
    'loads it in an app that is bundled and %s, and the bundler has nothing to warn of',
    async (_how, app, addon) => {
      const folder = temporaryFolder();
      expect(await bundle(join(folder, app))).toEqual([]);
      put(ADDON, join(folder, addon));
      expect(run(join(folder, app))).toEqual({
        status: 0,
        stdout: 'imported\n18 true\n',
        stderr: '',
      });
    },
  );

  it('loads nothing at import: an app without the addon fails only when it uses it', async () => {
    const app = join(temporaryFolder(), 'dist/apps/nmctl/main.cjs');
    await bundle(app);
    const { status, stdout, stderr } = run(app);
    expect([status, stdout]).toEqual([1, 'imported\n']);
    expect(stderr).toContain('the native addon cannot be loaded; run `npm run build`');
  });
});

describe('loadNative', () => {
  it('passes over a file that is missing or broken', () => {
    const folder = temporaryFolder();
    const broken = join(folder, 'broken.node');
    writeFileSync(broken, 'not a library');
    const loaded = loadNative([join(folder, 'none.node'), broken, ADDON]);
    expect(loaded.clockSynchronised).toBeTypeOf('function');
  });

  it('names every file that it tried, why it would not do, and what to do', () => {
    const folder = temporaryFolder();
    const [first, second, third] = nativeCandidates(join(folder, 'a/b/c'));
    mkdirSync(join(folder, 'a/b'), { recursive: true });
    writeFileSync(String(first), 'not a library');
    const attempt = () => loadNative(nativeCandidates(join(folder, 'a/b/c')));
    expect(attempt).toThrow('run `npm run build`');
    expect(attempt).toThrow(`${first}: `);
    expect(attempt).toThrow(/invalid ELF header|file too short/);
    expect(attempt).toThrow(`${second}: no such file`);
    expect(attempt).toThrow(`${third}: no such file`);
  });
});

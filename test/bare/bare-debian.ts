/** A Debian in a folder that has README's prerequisites and nothing else, and commands in it. Needs root. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cachedBuild, cacheFolder } from '../node/machine/build-cache.ts';
import { bootstrap } from '../node/machine/build-disk.ts';
import { packageSources } from '../node/machine/package-sources.ts';
import { type Finished, run, runWell } from '../node/machine/run-command.ts';

export const SUITES = ['trixie', 'bookworm'] as const;
export type Suite = (typeof SUITES)[number];
export const USERS = ['root', 'me'] as const;
export type User = (typeof USERS)[number];

/**
 * README's list. Debian 12 has Node.js 18, too old for us: a Debian 12 gets this machine's own, as whoever
 * installs a newer one from elsewhere does.
 */
const PACKAGES: Readonly<Record<Suite, readonly string[]>> = {
  trixie: ['nodejs', 'npm', 'build-essential', 'python3'],
  bookworm: ['build-essential', 'python3', 'ca-certificates'],
};
/** Where each user's checkout is: where he may be, in a path that is not plain. */
const HOMES: Readonly<Record<User, string>> = { root: '/root', me: '/home/me' };
export const checkoutOf = (user: User): string => `${HOMES[user]}/über uns`;
/** What brings this machine's npm to its registry, whatever that is. */
const REACHING = ['registry', 'proxy', 'https-proxy', 'noproxy', 'cafile'] as const;
/** Where the headers of Node.js are: where npm is not told, it fetches them from nodejs.org. */
const NPM_OF_ITS_OWN: Readonly<Record<Suite, Readonly<Record<string, string>>>> = {
  trixie: {},
  bookworm: { npm_config_nodedir: '/usr/local' },
};
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const ENTER = resolve('test/bare/enter.sh');
/** Whatever takes longer hangs: all of `npm test` takes a quarter of an hour. */
const COMMAND_MS = 3_600_000;

async function npmSettings(): Promise<ReadonlyMap<string, string>> {
  const settings = new Map<string, string>();
  for (const name of REACHING) {
    const value = (await runWell(['npm', 'config', 'get', name])).trim();
    if (value !== '' && value !== 'null' && value !== 'undefined') settings.set(name, value);
  }
  return settings;
}

/** Node.js and npm of this machine, with their headers, into the system below `root`. */
async function copyNode(root: string): Promise<void> {
  const prefix = resolve(process.execPath, '../..');
  const parts = ['bin/node', 'include/node', 'lib/node_modules/npm'];
  for (const part of parts) {
    const target = join(root, 'usr/local', part);
    mkdirSync(resolve(target, '..'), { recursive: true });
    await runWell(['cp', '--recursive', '--dereference', join(prefix, part), target]);
  }
  for (const name of ['npm', 'npx']) {
    const program = `../lib/node_modules/npm/bin/${name}-cli.js`;
    await runWell(['ln', '--symbolic', program, join(root, 'usr/local/bin', name)]);
  }
}

async function build(folder: string, suite: Suite): Promise<void> {
  const root = join(folder, 'root');
  const packages = PACKAGES[suite];
  await bootstrap(
    folder,
    { sources: await packageSources(suite) },
    { suite, packages, target: root },
  );
  if (suite === 'bookworm') await copyNode(root);
  await runWell(['chroot', root, 'useradd', '--create-home', '--shell', '/bin/sh', 'me']);
}

export class BareDebian {
  private constructor(
    readonly suite: Suite,
    readonly folder: string,
    readonly settings: ReadonlyMap<string, string>,
  ) {}

  /** make lays a run's own files over the system of this release, built now if there is none yet. */
  static async make(suite: Suite, tell: (line: string) => void): Promise<BareDebian> {
    const recipe = [suite, PACKAGES[suite], await packageSources(suite)];
    const node = suite === 'bookworm' ? process.version : '';
    const cache = cacheFolder(process.env, 'bare-machine');
    const built = await cachedBuild({
      folder: join(cache, suite),
      key: createHash('sha256')
        .update(JSON.stringify([recipe, node]))
        .digest('hex')
        .slice(0, 16),
      what: `a bare Debian, ${suite}`,
      build: (folder) => build(folder, suite),
      tell,
    });
    const folder = await mkdtemp(join(cache, 'run-'));
    for (const name of ['root', 'upper', 'work']) mkdirSync(join(folder, name));
    // What lies over the system's root has its mode as well: users must be able to pass it.
    await runWell(['chmod', '755', join(folder, 'upper')]);
    const layers = `lowerdir=${built}/root,upperdir=${folder}/upper,workdir=${folder}/work`;
    await runWell(['mount', '-t', 'overlay', '-o', layers, 'overlay', join(folder, 'root')]);
    const debian = new BareDebian(suite, folder, await npmSettings());
    debian.#connect();
    return debian;
  }

  get root(): string {
    return join(this.folder, 'root');
  }

  /** Names are looked up, and certificates judged, as on this machine. */
  #connect(): void {
    for (const file of ['/etc/resolv.conf', '/etc/hosts']) {
      writeFileSync(join(this.root, file), readFileSync(file));
    }
    const cafile = this.settings.get('cafile');
    if (cafile !== undefined && existsSync(cafile))
      copyFileSync(cafile, join(this.root, CERTIFICATES));
  }

  /** addCheckout unpacks what is in `tarball` as the user's checkout. */
  async addCheckout(user: User, tarball: string): Promise<void> {
    const target = join(this.root, checkoutOf(user));
    mkdirSync(target, { recursive: true });
    await runWell([
      'tar',
      '--extract',
      '--no-same-owner',
      `--file=${tarball}`,
      `--directory=${target}`,
    ]);
    await this.giveTo(user);
  }

  /** moveModules gives what one user has installed to the other, who need not compile it again. */
  async moveModules(from: User, to: User): Promise<void> {
    const [source, target] = [from, to].map((user) =>
      join(this.root, checkoutOf(user), 'node_modules'),
    );
    await rename(source ?? '', target ?? '');
    await this.giveTo(to);
  }

  async giveTo(user: User): Promise<void> {
    const owner = (await runWell(['chroot', this.root, 'id', '--user', user])).trim();
    await runWell(['chown', '--recursive', `${owner}:${owner}`, join(this.root, checkoutOf(user))]);
  }

  /** run runs a command in the user's checkout, in an environment that a login would give. */
  async run(
    user: User,
    argv: readonly string[],
    network: 'shared' | 'none' = 'none',
  ): Promise<Finished> {
    const plain = '/usr/local/bin:/usr/bin:/bin';
    const path = user === 'root' ? `/usr/local/sbin:/usr/sbin:/sbin:${plain}` : plain;
    const npm = [...this.settings].map(([name, value]) => [
      `npm_config_${name.replace('-', '_')}`,
      name === 'cafile' ? CERTIFICATES : value,
    ]);
    const env = { PATH: path, HOME: HOMES[user], USER: user, LANG: 'C.UTF-8' };
    const all = {
      ...env,
      ...Object.fromEntries(npm),
      ...NPM_OF_ITS_OWN[this.suite],
      NODE_EXTRA_CA_CERTS: CERTIFICATES,
    };
    const values = Object.entries(all).map(([name, value]) => `${name}=${value}`);
    const command = ['env', '--ignore-environment', ...values, ...argv];
    return run([ENTER, network, this.root, user, checkoutOf(user), ...command], {
      deadlineMs: COMMAND_MS,
    });
  }

  async remove(): Promise<void> {
    await run(['umount', this.root]);
    await run(['rm', '--recursive', '--force', '--one-file-system', this.folder]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

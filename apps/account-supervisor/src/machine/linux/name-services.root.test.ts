/**
 * A user whom passwd(5) does not have, with the real libnss-extrausers, getent(1) and useradd(8): in a mount
 * namespace with an /etc and a /var/lib of its own (unshare(1)).
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { needs } from '@nodemgr/testkit';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const ADDON = resolve(__dirname, '../../../../../dist/native/nodemgr.node');
/** Three users of a name service: two with ids of ours, one with the name of an account. */
const EXTRA_USERS = `carol:x:30000:30000::/:/bin/sh
dave:x:30001:30001::/:/bin/sh
site_named:x:4000:4000::/:/bin/sh
`;

const SCRIPT = `
  import { execFileSync, spawnSync } from 'node:child_process';
  import { checkConfig } from '@nodemgr/config';
  import { idsOf } from '../../slots/account-ids.ts';
  import { LinuxMachine } from './linux-machine.ts';

  const config = checkConfig({ node: { id: 1, driver: 'linux', state_dir: '/var/lib/nodemgr' }, plc: { url: 'https://plc.example/' } }, 'test');
  const machine = new LinuxMachine({ config, log: { warn() {} }, onNotice() {} });
  const make = async (name, slot) => {
    const step = { step: 'create-user', type: 'delegate', ids: idsOf(slot, config.accounts), range: false, login: true };
    return machine.execute(name, step, AbortSignal.timeout(60000)).then(() => 'made', (error) => error.message);
  };
  const said = (...args) => spawnSync('useradd', args, { encoding: 'utf8' }).stderr.trim();
  const foreign = async () => [...(await machine.foreignIds(() => undefined)).uids].sort();

  const look = async () => ({
    useradd: said('--uid', '30000', 'somebody'),
    before: await foreign(),
    first: await make('site_a', 0),
    after: await foreign(),
    free: await make('site_a', 2),
    line: execFileSync('grep', ['^site_a:', '/etc/passwd'], { encoding: 'utf8' }).split(':')[2],
    named: await make('site_named', 3),
    observed: await machine.observeAccount('site_named'),
    records: spawnSync('ls', ['/var/lib/nodemgr/accounts'], { encoding: 'utf8' }).stdout.trim(),
    // Whoever opens it waits for ever: a name service that does not answer.
    fifo: execFileSync('sh', ['-c', 'rm /var/lib/extrausers/passwd; mkfifo /var/lib/extrausers/passwd'], { encoding: 'utf8' }),
    silent: await make('site_b', 4),
  });
  void look().then((answers) => {
    console.log(JSON.stringify(answers));
    return machine.close();
  });
`;

const INSIDE = `set -e
mount --bind "$1/etc" /etc
mount --bind "$1/lib" /var/lib
groupadd nodemgr-accounts
exec "$2" "$1/program/main.cjs"`;

async function prepare(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'nodemgr-nss-'));
  cpSync('/etc', join(folder, 'etc'), { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(folder, 'etc/nsswitch.conf'), 'passwd: files extrausers\ngroup: files\n');
  for (const path of ['lib/extrausers', 'lib/nodemgr/accounts', 'program']) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  writeFileSync(join(folder, 'lib/extrausers/passwd'), EXTRA_USERS);
  copyFileSync(ADDON, join(folder, 'nodemgr.node'));
  await build({
    stdin: { contents: SCRIPT, resolveDir: __dirname, loader: 'ts' },
    outfile: join(folder, 'program/main.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
  });
  return folder;
}

const { missing, note } = needs('root', 'util-linux', 'libnss-extrausers');

test.skipIf(missing)(
  `a user that only a name service knows keeps its id and its name; a name service that does not answer fails one account, in seconds${note}`,
  async () => {
    const folder = await prepare();
    try {
      const values = ['--mount', 'sh', '-c', INSIDE, 'sh', folder, process.execPath];
      const { stdout, stderr } = spawnSync('unshare', values, { encoding: 'utf8' });
      expect(stderr).toBe('');
      const named = expect.stringMatching(/^a user of that name is not ours: site_named, .*4000/);
      expect(JSON.parse(stdout)).toEqual({
        useradd: 'useradd: UID 30000 is not unique',
        before: [],
        first: 'user id 30000 belongs to carol (a name service)',
        after: [0, 1],
        free: 'made',
        line: '30002',
        named,
        observed: { state: 'foreign', cause: 'name-taken', reason: named },
        records: 'site_a.json',
        fifo: '',
        silent:
          'the name services do not answer (getent passwd site_b …): it took longer than 5 seconds',
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  60_000,
);

/** The package: what it is, how its daemons are confined, and what is left when it goes. */
import { readFileSync } from 'node:fs';
import { DAEMONS } from '@nodemgr/contracts';
import { expect, inject, test } from 'vitest';
import { runningSlivers } from './machine/look-at-slivers.ts';
import { filesOf } from './machine/node-machine.ts';
import { installPackage } from './machine/prepare-node.ts';
import { run } from './machine/run-command.ts';
import { added, type Snapshot, takeSnapshot } from './machine/snapshot.ts';
import { SLIVERS } from './machine/testbed.ts';
import { theTestbed } from './the-node.ts';

/** What `systemd-analyze security` may say at most of each; programs like ours ship at 9.6. */
const EXPOSURE = {
  'db-service': 0.5,
  'api-gateway': 1.0,
  'plc-fetcher': 1.5,
  'bwcap-agent': 1.5,
  'account-supervisor': 2.5,
} as const;
const ALL_MS = 600_000;
/** What a program is asked with, when it ends, whether it has used code that was compiled ahead. */
const ASKING = '/root/asking.cjs';
const { deb } = inject('machine');
const node = theTestbed();

const dpkg = (...args: readonly string[]) =>
  node.machine.root(['env', 'DEBIAN_FRONTEND=noninteractive', 'dpkg', ...args], {
    deadlineMs: ALL_MS,
  });

test('lintian has no errors', async () => {
  const { code, stdout } = await run(['lintian', '--fail-on', 'error', deb], {
    deadlineMs: ALL_MS,
  });
  console.log(stdout.trim());
  expect([code, stdout.match(/^E: .*$/gm)]).toEqual([0, null]);
});

test.each(DAEMONS)('%s is confined to what it needs', async (daemon) => {
  const report = await node.machine.root([
    'systemd-analyze',
    'security',
    '--no-pager',
    `nodemgr-${daemon}.service`,
  ]);
  const [line = '', exposure] = /Overall exposure level.*?: ([\d.]+)/.exec(report) ?? [];
  console.log(line);
  expect(Number(exposure)).toBeLessThanOrEqual(EXPOSURE[daemon]);
});

test('each daemon runs as its own user, and only account-supervisor as root', async () => {
  const units = DAEMONS.map((daemon) => `nodemgr-${daemon}.service`);
  const pids = (
    await node.machine.root(['systemctl', 'show', '--value', '-P', 'MainPID', ...units])
  ).split(/\n+/);
  const users = (await node.machine.root(['ps', '-o', 'user:32=', '-p', pids.join(',')])).split(
    '\n',
  );
  expect(users.map((user) => user.trim()).sort()).toEqual([
    'nodemgr-api',
    'nodemgr-bwcap',
    'nodemgr-db',
    'nodemgr-plc',
    'root',
  ]);
});

test('the machine has a command, its completion, and manual pages', async () => {
  const { machine } = node;
  expect(await machine.root(['nmctl', '--version'])).toMatch(/^\d+\.\d+\.\d+/);
  await machine.root(['man', '--where', '1', 'nmctl']);
  await machine.root(['man', '--where', '5', 'nodemgr.toml']);
  const completes =
    'source /usr/share/bash-completion/bash_completion; __load_completion nmctl; complete -p nmctl';
  expect(await machine.root(['bash', '-c', completes])).toMatch(/nmctl$/);
});

/** usesKeptCode reports whether a start of a program, the last of `start`, uses what was compiled ahead. */
async function usesKeptCode(start: readonly string[]): Promise<boolean> {
  const asked = [...start.slice(0, -1), '--require', ASKING, ...start.slice(-1), '--version'];
  return (await node.machine.root(asked)).endsWith('rejected: false');
}

test('programs start with what was compiled when the package was installed, and will be for another Node.js', async () => {
  const { machine } = node;
  const rejected = 'require(process.argv[1]).script.cachedDataRejected';
  await machine.write(ASKING, `process.on('exit', () => console.log('rejected:', ${rejected}))`);
  // With just-in-time compilation and without it.
  for (const daemon of ['api-gateway', 'bwcap-agent']) {
    const unit = `nodemgr-${daemon}.service`;
    const pid = await machine.root(['systemctl', 'show', '--value', '-P', 'MainPID', unit]);
    const running = (await machine.read(`/proc/${pid}/cmdline`)).split('\0');
    expect(await usesKeptCode(running.slice(0, running.indexOf('--config'))), daemon).toBe(true);
  }
  expect(await usesKeptCode(['/usr/bin/node', '/usr/bin/nmctl'])).toBe(true);
  await machine.root(['rm', ASKING]);
});

test('the package is called when another program or another library of Node.js is installed', async () => {
  const { machine } = node;
  const mapped = '/proc/$(systemctl show --value -P MainPID nodemgr-db-service.service)/maps';
  const library = await machine.shell(`grep -o '/.*/libnode.*' ${mapped} | sort -u`);
  const files = ['/usr/bin/node', library.trim()];
  const triggers = (await machine.read('/var/lib/dpkg/triggers/File')).split('\n');
  expect(triggers).toEqual(expect.arrayContaining(files.map((file) => `${file} nodemgr/noawait`)));
  const [program, ofLibrary] = (await machine.root(['dpkg', '--search', ...files])).split('\n');
  expect(program).toBe('nodejs: /usr/bin/node');
  expect(ofLibrary).toMatch(/^libnode\d+:\w+: /);
});

test('removing the package stops the slivers, and keeps their data', async () => {
  await node.inWell('lab_s01', 'echo survives > /root/survives');
  await dpkg('--remove', 'nodemgr');
  expect(await runningSlivers(node.machine)).toEqual([]);
  expect(await node.machine.ssh(['pgrep', '-f', '/usr/lib/nodemgr/'])).toMatchObject({ code: 1 });
  expect(await node.machine.root(['systemctl', '--failed', '--plain', '--no-legend'])).toBe('');
  expect(await node.machine.read('/var/lib/nodemgr/slivers/lab_s01/upper/root/survives')).toBe(
    'survives',
  );
});

test('installed again, everything is back', async () => {
  await installPackage(node.machine, deb);
  await node.converged({ timeoutMs: ALL_MS });
  expect(await runningSlivers(node.machine)).toEqual(SLIVERS);
  expect(await node.inWell('lab_s01', 'cat /root/survives')).toBe('survives');
});

test('purging it removes what we have made, and nothing else', async () => {
  const { machine } = node;
  // A person of this machine, with a name like a sliver's, and a file of the operator's own.
  await machine.root(['useradd', '--create-home', '--shell', '/bin/sh', 'lab_person']);
  await machine.root(['touch', '/etc/nodemgr.notes']);
  // What a power cut in the midst of useradd leaves, and a copy of somebody's that is called alike.
  await machine.shell('printf "999999\\0" > /etc/subuid.999999; : > /etc/passwd.999998');
  await machine.shell('cp /etc/passwd /etc/passwd.20261123');
  const before = JSON.parse(readFileSync(filesOf(node.place).beforeInstall, 'utf8')) as Snapshot;
  // What its administrator put there, the tests that is.
  const own = ['plc-ca.pem', 'ticket-keys.pem'].map((name) => `/etc/nodemgr/${name}`);
  await machine.root(['rm', '--force', ...own]);
  await dpkg('--purge', 'nodemgr');

  const left = added(before, await takeSnapshot(machine));
  expect(left.files).toEqual(['/etc/nodemgr.notes', '/etc/passwd.20261123']);
  await machine.root(['rm', '/etc/passwd.20261123']);
  expect(left.accounts.every((line) => line.includes('lab_person'))).toBe(true);
  expect(left.accounts.map((line) => line.split(':')[0])).toContain('/etc/passwd');
  expect(added(await takeSnapshot(machine), before)).toEqual({ files: [], accounts: [] });
  expect(await machine.root(['ls', '/var/lib/nodemgr'])).toBe('lost+found');
  expect(await machine.root(['findmnt', '--noheadings', '--list', '--output=TARGET'])).not.toMatch(
    /lab_s|\/run\/nodemgr/,
  );
});

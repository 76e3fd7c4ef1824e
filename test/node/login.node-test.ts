/** ssh to a sliver: what a tenant gets, and everything that it must not reach from there. */
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { pidsOf, unitOf } from './machine/look-at-slivers.ts';
import { run } from './machine/run-command.ts';
import { sshArguments } from './machine/ssh-door.ts';
import { STRANGERS } from './machine/testbed.ts';
import { theTestbed } from './the-node.ts';

const OURS = 'lab_s01';
const NEIGHBOUR = 'lab_s02';
const node = theTestbed();

beforeAll(async () => {
  // Something to be found, by whoever can.
  await node.inWell(
    NEIGHBOUR,
    'echo neighbour > /root/secret; setsid sleep 98765 >/dev/null 2>&1 &',
  );
});

/** ssh from here, with more options than the doors have. */
function ssh(
  user: string,
  options: readonly string[],
  command: readonly string[],
  key = node.keys.tenant,
) {
  const { sshPort: port } = node.place;
  const base = sshArguments({ user, port, keyFile: key });
  return run(['ssh', ...base, '-p', String(port), ...options, `${user}@127.0.0.1`, ...command]);
}

test('ssh sliver@localhost on the node lands inside the sliver, as root there', async () => {
  const { machine } = node;
  await machine.copyIn(node.keys.tenant, '/root/tenant.key');
  await machine.root(['chmod', '0600', '/root/tenant.key']);
  const login = [
    'ssh',
    '-i',
    '/root/tenant.key',
    '-o',
    'StrictHostKeyChecking=no',
    `${OURS}@localhost`,
  ];
  expect(await machine.root([...login, 'id -u; hostname; cat /proc/1/comm'])).toMatch(
    /^0\nlab-s01\n(nodemgr|sliver)-init$/,
  );
});

test('it sees its own processes only', async () => {
  const seen = await node.inWell(OURS, 'ps -eo pid=,args=');
  expect(seen).toMatch(/^\s*1 /m);
  expect(seen).not.toMatch(/98765|systemd|sshd|node /);
  expect(seen.split('\n').length).toBeLessThan(8);
});

test('it can neither see nor write what is outside', async () => {
  const script = `
    ls /var/lib/nodemgr /usr/lib/nodemgr /etc/nodemgr 2>/dev/null
    find / -xdev -name secret 2>/dev/null
    mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk
    mkdir -p /tmp/m && mount -t ext4 /dev/vda /tmp/m && echo mounted
    mount -o remount,rw /sys && echo remounted
    echo 1 > /proc/sys/kernel/panic && echo sysctl
    echo b > /proc/sysrq-trigger && echo sysrq
    touch /run/nodemgr/x && echo touched
    kill -0 98765 && echo killed
    cat /dev/kmsg && echo kmsg
    exit 0`;
  expect(await node.inWell(OURS, script)).toBe('');
});

test('root inside is nobody outside: what it makes belongs to its own id range', async () => {
  await node.inWell(OURS, 'echo mine > /root/mine; chmod 4755 /root/mine');
  const { machine } = node;
  const [outside = '', from = ''] = await Promise.all([
    machine.root(['stat', '-c', '%u', `/var/lib/nodemgr/slivers/${OURS}/upper/root/mine`]),
    machine.root(['sed', '-n', `s/^${OURS}:\\([0-9]*\\):.*/\\1/p`, '/etc/subuid']),
  ]);
  expect(outside).toBe(from);
});

test('it cannot enter another’s sliver, nor can a key of somebody else', async () => {
  expect(await node.in(STRANGERS, 'true')).toMatchObject({ code: 255 });
  expect(await ssh(OURS, [], ['true'], node.keys.stranger)).toMatchObject({ code: 255 });
  expect(await ssh(STRANGERS, [], ['hostname'], node.keys.stranger)).toMatchObject({ code: 0 });
});

test('the exit status, both streams and every byte are passed on', async () => {
  expect(await node.in(OURS, 'echo out; echo err >&2; exit 37')).toEqual({
    code: 37,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  const bytes = randomBytes(1 << 20);
  const sum = createHash('sha256').update(bytes).digest('hex');
  const { stdout } = await node.in(OURS, 'sha256sum', { input: bytes });
  expect(stdout.split(' ')[0]).toBe(sum);
});

test('a login on a terminal has that terminal, and a clean environment', async () => {
  const { stdout } = await ssh(
    OURS,
    ['-tt', '-o', 'SetEnv=LC_ALL=C LD_PRELOAD=/tmp/x.so'],
    ['test -t 0 && echo terminal; env'],
  );
  expect(stdout).toMatch(/^terminal\r?$/m);
  expect(stdout).toMatch(/^HOME=\/root\r?$/m);
  expect(stdout).not.toMatch(/LD_PRELOAD|NODEMGR|XDG|lab_s01/);
});

test('scp and sftp copy into the sliver, with its quota and its ids', async () => {
  const file = join(node.place.folder, 'hello.txt');
  writeFileSync(file, 'hello\n');
  const copied = await node.machine.scpAs(OURS, node.keys.tenant, file, '/root/hello.txt');
  expect(copied).toMatchObject({ code: 0 });
  expect(await node.inWell(OURS, 'cat /root/hello.txt; stat -c %u /root/hello.txt')).toBe(
    'hello\n0',
  );
});

test('nothing is forwarded: no port, no socket, no agent', async () => {
  const forward = await ssh(OURS, ['-W', '127.0.0.1:812'], []);
  expect(forward.code).not.toBe(0);
  expect(forward.stderr).toMatch(/forwarding failed/);
});

test('a session ends with its sliver’s process, and leaves none behind', async () => {
  const { machine } = node;
  const before = await pidsOf(machine, [OURS]);
  await Promise.all([1, 2, 3].map(() => node.inWell(OURS, 'true')));
  await expect
    .poll(() => pidsOf(machine, [OURS]), { timeout: 30_000, interval: 1000 })
    .toEqual(before);
});

test('whoever holds the key stops the sliver, asks after it and starts it from outside', async () => {
  const runs = { code: 0, stdout: `${OURS} runs\n` };
  expect(await ssh(OURS, [], ['status'])).toMatchObject(runs);
  await node.inWell(OURS, 'rm -f /root/waits');
  const session = node.in(OURS, 'touch /root/waits; sleep 100000');
  await expect
    .poll(() => node.in(OURS, 'test -e /root/waits'), { timeout: 60_000, interval: 1000 })
    .toMatchObject({ code: 0 });
  expect(await ssh(OURS, [], ['stop'], node.keys.stranger)).toMatchObject({ code: 255 });
  expect(await ssh(OURS, [], ['stop'])).toMatchObject({
    code: 0,
    stdout: `${OURS} is stopped; 'ssh ${OURS}@node start' starts it\n`,
  });
  const why = expect.stringMatching(
    new RegExp(
      `^sliver-shell: ${OURS} is stopped by Stop, called by sliver ${OURS} at \\S+Z; 'ssh ${OURS}@node start' starts it\\n$`,
    ),
  );
  expect((await session).code).not.toBe(0);
  expect(await ssh(OURS, [], ['status'])).toMatchObject({ code: 1, stdout: '', stderr: why });
  expect(await node.in(OURS, 'true')).toMatchObject({ code: 126, stdout: '', stderr: why });
  expect(await ssh(OURS, [], ['start'])).toMatchObject(runs);
  expect(await node.inWell(OURS, 'echo in')).toBe('in');
  await node.converged();
});

test('a sliver that cannot be started says so to whoever logs in, with what fails, until it is mended', async () => {
  const { machine } = node;
  const failing = expect.stringMatching(
    new RegExp(
      `^sliver-shell: ${OURS} cannot be started since \\S+Z \\(start-unit: .*masked.*\\); it is tried again by itself`,
    ),
  );
  expect(await ssh(OURS, [], ['stop'])).toMatchObject({ code: 0 });
  await machine.root(['systemctl', 'mask', '--runtime', unitOf(OURS)]);
  try {
    await node.api.call('Start', OURS);
    await expect
      .poll(() => node.in(OURS, 'true'), { timeout: 60_000, interval: 1000 })
      .toMatchObject({ code: 126, stdout: '', stderr: failing });
    expect(await ssh(OURS, [], ['status'])).toMatchObject({ code: 1, stderr: failing });
  } finally {
    await machine.root(['systemctl', 'unmask', '--runtime', unitOf(OURS)]);
  }
  expect(await ssh(OURS, [], ['start'])).toMatchObject({ code: 0, stdout: `${OURS} runs\n` });
  await node.converged();
});

test('whoever has no sliver is refused in one line', async () => {
  const { code, stdout, stderr } = await node.machine.ssh([
    ...['runuser', '-u', 'nobody', '--', '/usr/lib/nodemgr/sliver-shell', '-c', 'id'],
  ]);
  expect([code, stdout]).toEqual([126, '']);
  expect(stderr).toMatch(/^sliver-shell: [^\n]+\n$/);
});

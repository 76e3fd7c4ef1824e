// What a login is like, inside, and what it cannot see of outside.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANode, baseOf, containerNeeds, outcomeOf } from '../stand-in/a-node.ts';
import { eventually } from '../stand-in/eventually.ts';

const SIRIUS = { name: 'princeton_sirius', uid: 39_001 };
const DHT = { name: 'mit_dht', uid: 39_002 };
const { missing, note } = containerNeeds();

describe.skipIf(missing)(`a login${note}`, () => {
  let node: ANode;
  beforeAll(async () => {
    node = await ANode.running(SIRIUS, DHT);
  });
  afterAll(async () => await node.dispose());

  const run = async (command: string, env?: NodeJS.ProcessEnv) =>
    await node.run(SIRIUS.name, command, env === undefined ? {} : { env });
  const said = async (command: string, env?: NodeJS.ProcessEnv) => (await run(command, env)).stdout;

  it('is root inside, which is nobody outside', async () => {
    expect(await said('id -u; id -g; id -G; cat /proc/self/uid_map')).toMatch(
      new RegExp(`^0\n0\n0\n\\s+0\\s+${baseOf(SIRIUS.uid)}\\s+65536\n$`),
    );
  });

  it("is in the caller's own sliver, and no other", async () => {
    expect(await said('hostname')).toBe('princeton-sirius\n');
    expect((await node.run(DHT.name, 'hostname')).stdout).toBe('mit-dht\n');
  });

  it('is in no sliver whose name differs in case alone, or in a dot and a line alone', async () => {
    const alike = ['a.b_C', 'a.b_c', 'a_b_C', 'a_b.C'].map((name, i) => ({
      name,
      uid: 39_003 + i,
    }));
    node.setAccounts(SIRIUS, DHT, ...alike);
    for (const { name } of alike) {
      await node.startSliver(name);
      await node.run(name, `echo ${name} > /root/mine`);
    }
    for (const { name } of alike) {
      expect((await node.run(name, 'cat /root/mine')).stdout).toBe(`${name}\n`);
      await node.stop(name);
      const { stderr } = await node.run(name, 'true');
      expect(stderr).toBe(`sliver-shell: ${name} is not running; try again in a moment\n`);
    }
  });

  it("has all the namespaces of process 1, and only its network is the node's", async () => {
    const kinds = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'];
    const links = kinds.map((kind) => `/proc/self/ns/${kind} /proc/1/ns/${kind}`).join(' ');
    const pairs = (await said(`readlink ${links}`)).trim().split('\n');
    kinds.forEach((kind, i) => {
      const [own, ofInit] = [pairs[2 * i], pairs[2 * i + 1]];
      expect(own).toBe(ofInit);
      expect(own === readlinkSync(`/proc/self/ns/${kind}`)).toBe(kind === 'net');
    });
  });

  it('is in the cgroup of the sliver', async () => {
    expect(await said('cat /proc/self/cgroup')).toContain('0::/\n');
    expect(await said('cat /proc/self/cgroup')).not.toContain(node.slice);
  });

  it("sees its own sliver's processes only", async () => {
    const processes = (await said('ps -e -o args=')).trim().split('\n');
    expect(processes[0]).toBe(`/run/nodemgr-init ${SIRIUS.name}`);
    expect(processes.length).toBeLessThan(5);
  });

  it("sees nothing of the node's files", async () => {
    expect((await run(`ls ${node.folder}`)).status).not.toBe(0);
    expect(await said('echo /*')).not.toContain('/work');
    expect(await said('ls -l /proc/self/fd /proc/1/root/')).not.toContain(node.folder);
  });

  it('has the capabilities of process 1 and no more, and is under a system-call filter', async () => {
    const status = await said('cat /proc/1/status /proc/self/status');
    const [ofInit, own] = [...status.matchAll(/^CapBnd:\t(.*)$/gm)].map(([, set]) => set);
    expect(own).toBe(ofInit);
    expect(status).toMatch(/^Seccomp:\t2$/m);
  });

  it.each([0, 1, 7, 126, 255])('ends with the exit status %i of the command', async (status) => {
    expect((await run(`exit ${status}`)).status).toBe(status);
  });

  it.each([
    ['KILL', 137],
    ['TERM', 143],
    ['SEGV', 139],
  ])('ends with 128 + N when SIG%s ends the command', async (signal, status) => {
    expect(await run(`kill -${signal} $$`)).toEqual({ status, stdout: '', stderr: '' });
  });

  it('passes any bytes through, in and out, and errors apart', async () => {
    const input = Array.from({ length: 100_000 }, (_, i) => String.fromCharCode(i % 128)).join('');
    const outcome = await node.run(SIRIUS.name, 'cat; echo no >&2', {}, input);
    expect(outcome).toEqual({ status: 0, stdout: input, stderr: 'no\n' });
  });

  it('runs a command as long as the kernel lets one be', async () => {
    const text = 'x'.repeat(120_000);
    expect(await said(`echo ${text}`)).toBe(`${text}\n`);
  });

  it('lets the other end of a pipe see that the command has closed it', async () => {
    const child = node.start(SIRIUS.name, ['-c', 'exec >&-; sleep 1000']);
    await once(child.stdout ?? child, 'end');
    child.kill('SIGTERM');
    expect((await outcomeOf(child)).status).toBe(143);
  });

  it('has an environment of its own, whatever the caller sets', async () => {
    const hostile = {
      LD_PRELOAD: '/tmp/evil.so',
      LD_LIBRARY_PATH: '/tmp',
      GLIBC_TUNABLES: 'glibc.malloc.check=3',
      BASH_ENV: '/tmp/evil',
      ENV: '/tmp/evil',
      PATH: '/tmp',
      IFS: 'x',
      HOME: '/tmp',
      SHELL: '/tmp/evil',
      USER: 'princeton_sirius',
      'BASH_FUNC_ls%%': '() { echo evil; }',
      LC_ALL: '../../tmp/evil',
      LANGUAGE: 'x'.repeat(129),
      TERM: 'xterm\x1b[2J',
      SSH_AUTH_SOCK: '/tmp/agent',
    };
    const lines = (await said('env -u SHLVL -u _ -u PWD -u OLDPWD env', hostile))
      .trim()
      .split('\n');
    expect(lines.sort()).toEqual([
      'HOME=/root',
      'LOGNAME=root',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'SHELL=/bin/bash',
      'USER=root',
    ]);
  });

  it("passes on what tells of the caller's terminal, language and address", async () => {
    const kept = {
      TERM: 'xterm-256color',
      LANG: 'de_DE.UTF-8',
      LC_CTYPE: 'sr_RS@latin',
      SSH_CONNECTION: 'fe80::1%eth0 50000 192.0.2.7 22',
    };
    const lines = (await said('env', kept)).split('\n');
    for (const [name, value] of Object.entries(kept)) expect(lines).toContain(`${name}=${value}`);
  });

  it('is not held up by thousands of variables', async () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`V${i}`, 'x']));
    expect(await said('env', many)).not.toContain('V1');
  });

  it('has no descriptors but 0, 1 and 2', async () => {
    const child = node.start(SIRIUS.name, ['-c', 'ls /proc/self/fd'], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    // The fourth is ls looking at the folder.
    expect((await outcomeOf(child)).stdout).toBe('0\n1\n2\n3\n');
  });

  it.each(['<&-', '>&-', '2>&-', '<&- >&- 2>&-'])(
    'works with descriptors closed: %s',
    async (how) => {
      const values = [
        '-c',
        `exec "$0" -c 'ls /proc/self/fd >/root/fds; exit 7' ${how}`,
        node.shell,
      ];
      const child = spawn('sh', values, { uid: SIRIUS.uid, gid: SIRIUS.uid, cwd: '/' });
      expect((await outcomeOf(child)).status).toBe(7);
      expect(await said('cat /root/fds')).toBe('0\n1\n2\n3\n');
    },
  );

  it("has process 1's limits, not the caller's, and an ordinary priority", async () => {
    const limits = 'ulimit -a; nice; cat /proc/self/oom_score_adj; umask';
    const lower = 'ulimit -S -n 20 -f 1 -s 100 -u 5; umask 777';
    const command = `${lower}; exec nice -n 9 "$0" -c '${limits}'`;
    // A bash that is the first of its kind and reads from a socket takes rshd(8) for its parent, and reads ~/.bashrc.
    const values = ['--norc', '-c', command, node.shell];
    const child = spawn('bash', values, { uid: SIRIUS.uid, gid: SIRIUS.uid, cwd: '/' });
    expect(await outcomeOf(child)).toEqual({ status: 0, stdout: await said(limits), stderr: '' });
    expect((await said(limits)).trim().split('\n').slice(-3)).toEqual(['0', '0', '0022']);
  });

  it('is killed for lack of memory no later than process 1', async () => {
    writeFileSync(`/proc/${node.initOf(SIRIUS.name)}/oom_score_adj`, '200');
    expect(await said('cat /proc/self/oom_score_adj')).toBe('200\n');
  });

  it('hears no signals that the caller blocked or ignored, and none is left so', async () => {
    const values = ['-c', `trap '' HUP INT TERM CHLD; exec "$0" -c 'kill -TERM $$'`, node.shell];
    const child = spawn('sh', values, { uid: SIRIUS.uid, gid: SIRIUS.uid, cwd: '/' });
    expect((await outcomeOf(child)).status).toBe(143);
  });

  it.each([
    ['a name that begins with -', '-sliver-shell'],
    ['its own name', 'sliver-shell'],
  ])('is a login shell when it was started without arguments, by %s', async (_how, argv0) => {
    const child = node.start(SIRIUS.name, [], { argv0 });
    child.stdin?.end('echo $0; shopt login_shell; pwd; exit 3\n');
    const { status, stdout } = await outcomeOf(child);
    expect([status, stdout]).toEqual([3, '-bash\nlogin_shell    \ton\n/root\n']);
  });

  it.each([
    ['names another shell', 'root:x:0:0::/root:/bin/sh\n', 'sh'],
    ['names one that does not exist', 'root:x:0:0::/root:/bin/zsh\n', 'sh'],
    ['names no path', 'root:x:0:0::/root:bash\n', 'sh'],
    ['names a path beyond bounds', `root:x:0:0::/root:/${'x'.repeat(5000)}\n`, 'sh'],
    ['has a line cut short', 'root:x:0\n', 'sh'],
    ['has no root', `${'a:b\n'.repeat(20_000)}`, 'sh'],
    ['is not text', '\0\xff:'.repeat(1000), 'sh'],
    ['is empty', '', 'sh'],
    ['says what it should', 'root:x:0:0:root:/root:/bin/bash\n', 'bash'],
  ])(
    "runs a shell whatever the sliver's /etc/passwd says: when it %s",
    async (_how, text, shell) => {
      await node.run(SIRIUS.name, 'cat > /etc/passwd', {}, text);
      expect(await said('echo $0')).toBe(`${shell}\n`);
    },
  );

  it('runs a shell when /etc/passwd is a pipe that nobody writes to, or absent', async () => {
    await run('rm /etc/passwd; mkfifo /etc/passwd');
    expect(await said('echo $0; rm /etc/passwd')).toBe('sh\n');
    expect(await said('echo $0')).toBe('sh\n');
    await node.run(SIRIUS.name, 'cat > /etc/passwd', {}, 'root:x:0:0:root:/root:/bin/bash\n');
  });

  it('works when the tenant has moved process 1 into a cgroup of its own', async () => {
    const init = node.initOf(SIRIUS.name);
    const payload = join(node.unit(SIRIUS.name), 'payload');
    const move = (cgroup: string) => writeFileSync(join(cgroup, 'cgroup.procs'), `${init}`);
    await run('true');
    spawn('mkdir', ['-p', join(payload, 'mine')]);
    await eventually(() => move(join(payload, 'mine')));
    expect(await said('hostname')).toBe('princeton-sirius\n');
    move(payload);
  });

  it('leaves nothing behind', async () => {
    await run('true');
    expect(await said('ps -e -o args=')).toMatch(/^\/run\/nodemgr-init princeton_sirius\n/);
    const running = readFileSync(join(node.unit(SIRIUS.name), 'payload/cgroup.procs'), 'utf8');
    expect(running.trim().split('\n')).toHaveLength(1);
  });
});

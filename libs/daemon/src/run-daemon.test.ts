/** The frame on real processes: how a daemon starts, fails to, stops and ends, as systemd sees it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { listeningPorts } from './listening-ports.test-support.ts';
import { SIGUSR1_IGNORED } from './refuse-debugger.ts';

const frameFile = resolve('dist/test/daemon/frame.cjs');
let folder: string;
let config: string;
let children: ChildProcess[];

beforeAll(() => {
  buildSync({
    entryPoints: [resolve('libs/daemon/src/frame.process.ts')],
    outfile: frameFile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    tsconfig: 'tsconfig.base.json',
  });
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'frame-'));
  children = [];
  config = join(folder, 'nodemgr.toml');
  writeFileSync(
    config,
    `[node]
id = 17
state_dir = "${folder}"
runtime_dir = "${join(folder, 'run')}"
[plc]
url = "https://plc.example/slices.xml"
`,
  );
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

interface Daemon {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  /** The log's lines, those that are none left out. */
  messages(): string[];
  /** Resolves once the log has `message`; rejects when the process ends without. */
  said(message: string): Promise<void>;
  /** Resolves when the process has ended and all that it wrote is there. */
  ended(): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function run(
  behaviour: string,
  options: { args?: string[]; env?: Record<string, string>; nodeArgs?: string[] } = {},
) {
  const args = options.args ?? ['--config', config];
  const env = { PATH: process.env['PATH'], BEHAVIOUR: behaviour, ...options.env };
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), frameFile, ...args], {
    env,
    cwd: folder,
  });
  children.push(child);
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  const closed = once(child, 'close');
  const messages = () =>
    output.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => String((JSON.parse(line) as { msg?: unknown }).msg));
  const daemon: Daemon = {
    child,
    output,
    messages,
    said: (message) =>
      vi.waitFor(() => expect(messages()).toContain(message), { timeout: 10_000, interval: 10 }),
    async ended() {
      await closed;
      return { code: child.exitCode, ...output };
    },
  };
  return daemon;
}

/** Sends a signal to a running daemon; how it ends, and after how many milliseconds. */
async function signalled(daemon: Daemon, signal: NodeJS.Signals) {
  const before = performance.now();
  daemon.child.kill(signal);
  const end = await daemon.ended();
  return { ...end, ms: performance.now() - before };
}

describe('a daemon that cannot start', () => {
  test('for its configuration says why in one line and exits 78', async () => {
    writeFileSync(config, '[node]\nid = "x"\n[plc]\nurl = "ftp://x"\n[api]\ntcp_port = 70000\n');
    const { code, stdout, stderr } = await run('ordinary').ended();
    expect([code, stdout]).toEqual([78, '']);
    expect(stderr).toMatch(/^plc-fetcher: cannot start: [^\n]*\n$/);
    for (const key of ['node.id', 'plc.url', 'api.tcp_port: 70000']) expect(stderr).toContain(key);
  });

  test('for text that is no TOML names the line and exits 78', async () => {
    writeFileSync(config, '[node]\nid = = 3\n');
    const { code, stderr } = await run('ordinary').ended();
    expect(code).toBe(78);
    expect(stderr).toMatch(/^plc-fetcher: cannot start: [^\n]*line 2[^\n]*\n$/);
  });

  test.each([
    ['does not exist', () => join(folder, 'none.toml')],
    ['is a folder', () => folder],
  ])('because its file %s names it and exits 78', async (_how, file) => {
    const { code, stderr } = await run('ordinary', { args: ['--config', file()] }).ended();
    expect(code).toBe(78);
    expect(stderr).toMatch(/^plc-fetcher: cannot start: [^\n]*cannot be read: [^\n]*\n$/);
    expect(stderr).toContain(file());
  });

  test('for a key that the environment sets wrongly names the key and exits 78', async () => {
    const env = { NODEMGR_PLC__POLL_SECONDS: 'soon' };
    const { code, stderr } = await run('ordinary', { env }).ended();
    expect(code).toBe(78);
    expect(stderr).toContain('plc.poll_seconds: "soon" is not allowed');
  });

  test.each([[['--confg', 'x']], [['surplus']], [['--config']]])(
    'with the arguments %j says so in one line and exits 1',
    async (args) => {
      const { code, stderr } = await run('ordinary', { args }).ended();
      expect(code).toBe(1);
      expect(stderr).toMatch(/^plc-fetcher: cannot start: [^\n]+\n$/);
    },
  );

  test('because a part of it fails says which and why in one line, and exits 1', async () => {
    const { code, stderr } = await run('fails to start').ended();
    expect(code).toBe(1);
    expect(stderr).toBe('plc-fetcher: cannot start: no uplink: several; lines\n');
  });

  test('because its runtime directory cannot be made says so and exits 1', async () => {
    writeFileSync(join(folder, 'run'), 'a file');
    const { code, stderr } = await run('ordinary').ended();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^plc-fetcher: cannot start: EEXIST[^\n]*\n$/);
  });

  test('because another one runs says so and exits 1; the other goes on', async () => {
    const first = run('ordinary');
    await first.said('ready');
    const { code, stderr } = await run('ordinary').ended();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^plc-fetcher: cannot start: another plc-fetcher runs already [^\n]*\n$/,
    );
    expect(first.child.exitCode).toBeNull();
    expect((await signalled(first, 'SIGTERM')).code).toBe(0);
  });

  test('starts once the other one has been killed', async () => {
    const first = run('ordinary');
    await first.said('ready');
    await signalled(first, 'SIGKILL');
    await run('ordinary').said('ready');
  });
});

describe('a daemon asked for help or its version', () => {
  test('prints it and does not start', async () => {
    const help = await run('fails to start', { args: ['--help'] }).ended();
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/^usage: plc-fetcher \[--config FILE\]/);
    const version = await run('fails to start', { args: ['--version'] }).ended();
    expect(version).toMatchObject({ code: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('a daemon that is sent SIGUSR1, on which Node.js opens its debugger', () => {
  /** Before Node.js has its handler, the signal ends a process as it ends any other. */
  const handlesIt = (pid: number): boolean => {
    const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
    )?.[1];
    return (Number.parseInt(caught?.slice(-4) ?? '0', 16) & (1 << 9)) !== 0;
  };

  test('listens on nothing and goes on', async () => {
    const daemon = run('ordinary');
    await daemon.said('ready');
    daemon.child.kill('SIGUSR1');
    await daemon.said(SIGUSR1_IGNORED);
    expect(listeningPorts(daemon.child.pid ?? 0)).toEqual([]);
    expect((await signalled(daemon, 'SIGTERM')).code).toBe(0);
  });

  test('before its first line has run listens on nothing once it is ready', async () => {
    const daemon = run('ordinary');
    const pid = daemon.child.pid ?? 0;
    await vi.waitFor(() => expect(handlesIt(pid)).toBe(true), { timeout: 10_000, interval: 1 });
    daemon.child.kill('SIGUSR1');
    await daemon.said('ready');
    await vi.waitFor(() => expect(listeningPorts(pid)).toEqual([]), {
      timeout: 10_000,
      interval: 10,
    });
  });

  test('started under a debugger keeps it', async () => {
    const daemon = run('ordinary', { nodeArgs: ['--inspect=127.0.0.1:0'] });
    await daemon.said('ready');
    expect(listeningPorts(daemon.child.pid ?? 0)).toHaveLength(1);
  });
});

describe('a daemon told to stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s aborts its signal, calls stop and exits 0 in under a second',
    async (signal) => {
      const daemon = run('ordinary');
      await daemon.said('ready');
      const { code, ms } = await signalled(daemon, signal);
      expect(code).toBe(0);
      expect(ms).toBeLessThan(1000);
      const order = ['ready', 'stopping', 'the signal aborts', 'stop is called', 'stopped'];
      expect(daemon.messages()).toEqual(order);
    },
  );

  test('while its start hangs exits 0 at once', async () => {
    const daemon = run('hangs in start');
    await daemon.said('hanging');
    const { code, ms } = await signalled(daemon, 'SIGTERM');
    expect(code).toBe(0);
    expect(ms).toBeLessThan(1000);
    expect(daemon.messages()).toEqual([
      'hanging',
      'told to stop while starting',
      'the signal aborts',
    ]);
  });

  test('whose stop hangs is cut before systemd kills it, says so and exits 1', async () => {
    const daemon = run('hangs in stop');
    await daemon.said('ready');
    const { code, ms } = await signalled(daemon, 'SIGTERM');
    expect(code).toBe(1);
    expect(ms).toBeGreaterThan(3900);
    expect(ms).toBeLessThan(5000); // TimeoutStopSec of the units.
    expect(daemon.messages()).toContain('not stopped after 4000 ms; leaving anyway');
  });

  test('whose stop fails says so and leaves', async () => {
    const daemon = run('fails to stop');
    await daemon.said('ready');
    expect((await signalled(daemon, 'SIGTERM')).code).toBe(0);
    expect(daemon.messages()).toContain('stopping failed; leaving anyway');
    expect(daemon.output.stderr).toContain('stuck');
  });

  test('by the end of its standard input stops, when asked to heed it', async () => {
    const daemon = run('ordinary', { args: ['--config', config, '--stop-on-stdin-eof'] });
    await daemon.said('ready');
    daemon.child.stdin?.end();
    expect((await daemon.ended()).code).toBe(0);
    expect(daemon.messages()).toContain('stopped');
    expect(daemon.output.stderr).toContain('end of standard input');
  });

  test('by nobody goes on, though its standard input has ended', async () => {
    const daemon = run('ordinary');
    daemon.child.stdin?.end();
    await daemon.said('ready');
    const { code, stderr } = await signalled(daemon, 'SIGTERM');
    expect(code).toBe(0);
    expect(stderr).toContain('"reason":"SIGTERM"');
  });
});

test.each([
  ['rejects later', 'nobody awaits this'],
  ['throws later', 'nobody catches this'],
])(
  'a daemon with a defect (%s) leaves one fatal line with its cause and exits 1',
  async (how, what) => {
    const daemon = run(how);
    const { code, stderr } = await daemon.ended();
    expect(code).toBe(1);
    const fatal = stderr.split('\n').filter((line) => line.includes('"level":60'));
    expect(fatal).toHaveLength(1);
    expect(fatal[0]).toContain(what);
  },
);

test('a log that cannot be written stops no daemon: lines are lost, the work goes on', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [frameFile, '--config', config], {
    env: { PATH: process.env['PATH'], BEHAVIOUR: 'logs without end' },
    stdio: ['ignore', 'pipe', full],
  });
  closeSync(full);
  children.push(child);
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  await vi.waitFor(() => expect(stdout).toBe('still here\n'), { timeout: 10_000 });
  child.kill('SIGTERM');
  await once(child, 'exit');
  expect(child.exitCode).toBe(0);
});

test('a log that cannot be written is shown, and once it can be it has every line', async () => {
  const file = join(folder, 'log');
  const log = openSync(file, 'a');
  const child = spawn(process.execPath, [frameFile, '--config', config], {
    env: { PATH: process.env['PATH'], BEHAVIOUR: 'shows what fails' },
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  children.push(child);
  let shown: unknown;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    shown = JSON.parse(text.trim().split('\n').at(-1) ?? '');
  });
  const letFilesGrow = (soft: string) =>
    execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${soft}:`]);
  const logged = () => readFileSync(file, 'utf8').split(SIGUSR1_IGNORED).length - 1;
  await vi.waitFor(() => expect(shown).toEqual([]), { timeout: 10_000 });
  letFilesGrow('1');
  child.kill('SIGUSR1');
  await vi.waitFor(() =>
    expect(shown).toMatchObject([
      { subject: 'log', action: 'write', reason: expect.stringMatching(/^standard error: EFBIG/) },
    ]),
  );
  expect(logged()).toBe(0);
  letFilesGrow('unlimited');
  await vi.waitFor(() => expect(shown).toEqual([]), { timeout: 10_000 });
  expect(logged()).toBe(1);
});

test('every line of a log that is a file is JSON with a time, a level, the daemon’s name and its process id', async () => {
  const daemon = run('ordinary');
  await daemon.said('ready');
  const [line = ''] = daemon.output.stderr.split('\n');
  expect(JSON.parse(line)).toMatchObject({
    level: 30,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    name: 'plc-fetcher',
    pid: daemon.child.pid,
    msg: 'ready',
  });
});

describe('under systemd, whose journal is stderr', () => {
  /** Runs a daemon whose stderr is a file that $JOURNAL_STREAM names, or not; returns what it has written there. */
  async function written(behaviour: string, isNamed: boolean, file = config): Promise<string> {
    const log = join(folder, 'journal');
    const stderr = openSync(log, 'a');
    const { dev, ino } = fstatSync(stderr, { bigint: true });
    const JOURNAL_STREAM = isNamed ? `${dev}:${ino}` : `${dev}:${ino + 1n}`;
    const child = spawn(process.execPath, [frameFile, '--config', file], {
      env: { PATH: process.env['PATH'], BEHAVIOUR: behaviour, JOURNAL_STREAM },
      stdio: ['ignore', 'ignore', stderr],
    });
    closeSync(stderr);
    children.push(child);
    const text = () => readFileSync(log, 'utf8');
    if (behaviour !== 'ordinary') await once(child, 'exit');
    else await vi.waitFor(() => expect(text()).toContain('ready'), { timeout: 10_000 });
    return text();
  }

  test('a line begins with its level for journald, and has no field that the journal has', async () => {
    const [line = ''] = (await written('ordinary', true)).split('\n');
    expect(line).toMatch(/^<6>\{/);
    expect(JSON.parse(line.slice(3))).toEqual({
      config,
      ready_ms: expect.any(Number),
      msg: 'ready',
    });
  });

  test('a defect is critical, and the only one with a stack', async () => {
    const lines = (await written('rejects later', true)).trimEnd().split('\n');
    const [defect = '', ...others] = lines.filter((line) => line.startsWith('<2>{'));
    expect(others).toEqual([]);
    expect(JSON.parse(defect.slice(3))).toMatchObject({
      err: {
        message: 'nobody awaits this',
        code: 'internal',
        stack: expect.stringMatching(/ at /),
      },
    });
    expect(lines.filter((line) => line.includes('"stack"'))).toHaveLength(1);
  });

  test('what keeps it from starting is an error', async () => {
    expect(await written('fails to start', true)).toBe(
      '<3>plc-fetcher: cannot start: no uplink: several; lines\n',
    );
  });

  test('a daemon that has only inherited the variable writes ordinary lines', async () => {
    const [line = ''] = (await written('ordinary', false)).split('\n');
    expect(JSON.parse(line)).toMatchObject({ level: 30, name: 'plc-fetcher', msg: 'ready' });
  });
});

test('a status names the process, its start, its version and what fails', async () => {
  const daemon = run('shows its status');
  await daemon.said('ready');
  const line = daemon.output.stderr.split('\n').find((each) => each.includes('"msg":"status"'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({
    status: {
      process: 'plc-fetcher',
      pid: daemon.child.pid,
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      started_at: expect.any(Number),
      failures: [{ subject: 'a_a', action: 'start', reason: 'no image', attempts: 1 }],
    },
  });
});

describe('systemd', () => {
  /** Prints each datagram that arrives on a socket, one a line: a receiver that nobody here wrote. */
  const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening', flush=True)
while True:
    print(s.recv(4096).decode(), flush=True)
`;

  test('hears that a daemon is ready, that its loop turns, and that it stops', async () => {
    const socket = join(folder, 'notify.sock');
    const receiver = spawn('python3', ['-c', RECEIVER, socket]);
    children.push(receiver);
    let heard = '';
    receiver.stdout.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
    });
    await vi.waitFor(() => expect(heard).toBe('listening\n'), { timeout: 10_000 });
    const daemon = run('ordinary', { env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '100000' } });
    await vi.waitFor(() => expect(heard).toContain('WATCHDOG=1\nWATCHDOG=1\n'), {
      timeout: 10_000,
    });
    expect((await signalled(daemon, 'SIGTERM')).code).toBe(0);
    await vi.waitFor(() => expect(heard).toContain('STOPPING=1'), { timeout: 10_000 });
    const lines = heard.trim().split('\n').slice(1);
    expect(lines.at(0)).toBe('READY=1');
    expect(lines.at(-1)).toBe('STOPPING=1');
    expect(new Set(lines.slice(1, -1))).toEqual(new Set(['WATCHDOG=1']));
  });

  test('that is not there any more stops no daemon', async () => {
    const env = { NOTIFY_SOCKET: join(folder, 'gone.sock') };
    const daemon = run('ordinary', { env });
    await daemon.said('ready');
    expect(daemon.messages()).toContain('systemd could not be notified');
    expect((await signalled(daemon, 'SIGTERM')).code).toBe(0);
  });
});

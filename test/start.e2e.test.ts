/** `npm start` and its flags, as a newcomer and as a script use them. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { DemoNode, PATIENCE_MS } from './support/demo-node.ts';
import { freePort } from './support/free-port.ts';
import { PythonClient } from './support/python-client.ts';
import { aDocument } from './support/slices-document.ts';

const nodes: DemoNode[] = [];

// All are ended before any folder goes: some tests start two demos on one state.
afterEach(async () => {
  const ending = nodes.splice(0);
  for (const node of ending) await node.end();
  for (const node of ending) await node.destroy();
});

function kept(node: DemoNode): DemoNode {
  nodes.push(node);
  return node;
}

/** Processes whose command line names `text`. */
function processesNaming(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        // It ended while we looked.
        return '';
      }
    })
    .filter((line) => line.includes(text));
}

test('npm start serves the sample, prints ready, and Ctrl-C leaves nothing running', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'start-'));
  const port = await freePort();
  const state = join(folder, 'state');
  // Another node of the same checkout may start a daemon again at any moment: its bundle is never away.
  const replaced: (string | null)[] = [];
  const bundles = watch('dist/apps', (event, name) => {
    if (event === 'rename') replaced.push(name);
  });
  // A group of its own, so that the whole of it gets the signal, as on a terminal.
  const npm: ChildProcess = spawn(
    'npm',
    ['start', '--', '--plain', '--state', state, '--tcp-port', String(port)],
    { detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  npm.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  try {
    await vi.waitFor(() => expect(output).toMatch(/^ready /m), {
      timeout: 120_000,
      interval: 200,
    });
    expect(replaced).toEqual([]);
    const [line = ''] = output.split('\n').filter((text) => text.startsWith('ready'));
    expect(line).toContain(`127.0.0.1:${port}`);
    const socket = line.split(' ').find((word) => word.endsWith('api.sock')) ?? '';
    expect(statSync(socket).mode & 0o777).toBe(0o666);
    expect(output).toMatch(/princeton_sirius +running/);

    const api = new PythonClient({ tcp: port });
    const loan = ['princeton_eisentest', 'nm_cpu_guaranteed_share', 200];
    expect(await api.call('SetLoans', 'princeton_sirius', [loan])).toBe(1);
    expect(await api.call('GetEffectiveRSpec', 'princeton_eisentest')).toHaveProperty(
      'nm_cpu_guaranteed_share',
    );
    api.close();
    expect(processesNaming(state).length).toBeGreaterThanOrEqual(6);
  } finally {
    bundles.close();
    process.kill(-(npm.pid ?? 0), 'SIGINT');
    await once(npm, 'exit');
  }
  await vi.waitFor(() => expect(processesNaming(state)).toEqual([]), { timeout: 10_000 });
  rmSync(folder, { recursive: true });
}, 180_000);

test.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
  '%s to npm alone leaves nothing running',
  async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), 'start-'));
    const state = join(folder, 'state');
    const port = String(await freePort());
    const npm = spawn('npm', ['start', '--', '--plain', '--state', state, '--tcp-port', port], {
      detached: true,
    });
    let output = '';
    npm.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await vi.waitFor(() => expect(output).toMatch(/^ready /m), {
      timeout: 120_000,
      interval: 200,
    });
    npm.kill(signal);
    await vi.waitFor(() => expect(processesNaming(state)).toEqual([]), {
      timeout: 20_000,
      interval: 200,
    });
    rmSync(folder, { recursive: true });
  },
  180_000,
);

test('a reader that leaves after ready does not take the node with it', async () => {
  const node = kept(await DemoNode.launch({ slices: aDocument({ name: 'site_a' }) }));
  await node.ready();
  node.stopReading();
  node.publish(aDocument({ name: 'site_a' }, { name: 'site_b' }));
  const api = node.tcp();
  await node.eventually(async () =>
    expect(await api.call('GetRSpec', 'site_b')).toHaveProperty('nm_cpu_share'),
  );
  // Events have been shown by now, to nobody.
  expect(await api.call('Stop', 'site_b')).toBe(1);
  await node.eventually(async () =>
    expect((await node.nmctl('slivers')).stdout).toMatch(/site_b +stopped/),
  );
});

test('SIGTERM to the demo alone leaves nothing running either, nor does SIGKILL', async () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const node = kept(await DemoNode.start({ slices: aDocument({ name: 'site_a' }) }));
    await node.end(signal);
    await vi.waitFor(() => expect(processesNaming(node.state)).toEqual([]), {
      timeout: 10_000,
    });
  }
});

test('the state is kept between runs: loans, run state, and the slivers themselves', async () => {
  const slices = aDocument({ name: 'site_a' }, { name: 'site_b' });
  const first = kept(await DemoNode.start({ slices }));
  const loans = [['site_b', 'nm_cpu_share', 5]];
  await first.tcp().call('SetLoans', 'site_a', loans);
  await first.tcp().call('Stop', 'site_b');
  expect(await first.end()).toBe(0);

  const second = kept(await DemoNode.start({ slices, folder: first.folder }));
  expect(await second.tcp().call('GetLoans', 'site_a')).toEqual(loans);
  expect((await second.nmctl('slivers')).stdout).toMatch(/site_b +stopped/);
});

test('with PLC down at start the node comes up with the last good document', async () => {
  const first = kept(await DemoNode.start({ slices: aDocument({ name: 'site_a' }) }));
  await first.end();
  const config = join(first.folder, 'unreachable.toml');
  // Port 1 of loopback: nobody is there.
  writeFileSync(config, '[plc]\nurl = "https://127.0.0.1:1/slices.xml"\nmax_backoff_seconds = 1\n');
  const second = kept(await DemoNode.start({ folder: first.folder, flags: ['--config', config] }));
  expect(await second.tcp().call('GetRSpec', 'site_a')).toHaveProperty('nm_cpu_share');
  const status = await second.nmctl('status');
  expect(status.code).toBe(1);
  expect(status.stdout).toMatch(/ECONNREFUSED/);
});

test.each(['a pipe', '/dev/zero'])(
  '--slices on %s says so and ends: nothing is waited for or read without end',
  async (what) => {
    const folder = mkdtempSync(join(tmpdir(), 'no-document-'));
    try {
      const file = what === 'a pipe' ? join(folder, 'pipe') : what;
      if (what === 'a pipe') execFileSync('mkfifo', [file]);
      const args = [
        'dist/apps/demo/main.cjs',
        '--plain',
        '--state',
        join(folder, 'state'),
        '--slices',
        file,
      ];
      const ended = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: PATIENCE_MS });
      expect(ended.status).toBe(2);
      expect(ended.stderr).toContain(`--slices ${file}: it is not a regular file`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test('a document is read again when it changes on disk, and --node-id decides whose slices count', async () => {
  const node = kept(
    await DemoNode.start({
      slices: aDocument({ name: 'site_a', nodes: [99] }, { name: 'site_b', nodes: [17] }),
      flags: ['--node-id', '99'],
    }),
  );
  const api = node.tcp();
  expect(await api.call('GetRSpec', 'site_a')).toHaveProperty('nm_cpu_share');
  expect((await api.faultOf('GetRSpec', 'site_b'))[0]).toBe(102);
  node.publish(aDocument({ name: 'site_a', nodes: [99] }, { name: 'site_b', nodes: [17, 99] }));
  await node.eventually(async () =>
    expect(await api.call('GetRSpec', 'site_b')).toHaveProperty('nm_cpu_share'),
  );
});

/** Modes of all below a folder, by path; links and sockets have none of their own that counts. */
function modesBelow(folder: string): readonly (readonly [path: string, mode: number])[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const stats = lstatSync(join(folder, name));
    return stats.isFile() || stats.isDirectory() ? [[name, stats.mode & 0o777] as const] : [];
  });
}

/** launchWith starts a node as a user with this umask does, below a folder whose path has `bytes` bytes. */
async function launchWith(umask: number, bytes: number): Promise<DemoNode> {
  const start = join(mkdtempSync(join(tmpdir(), 'umask-')), 'über uns');
  const folder = join(
    start,
    'x'.repeat(Math.max(1, bytes - Buffer.byteLength(join(start, 'state')) - 1)),
  );
  mkdirSync(folder, { recursive: true });
  const before = process.umask(umask);
  try {
    return kept(await DemoNode.launch({ slices: aDocument({ name: 'site_a' }), folder }));
  } finally {
    process.umask(before);
  }
}

test.each([60, 200])(
  'with umask 077 the way to api.sock is open to everyone, and no private file is; state path of %d bytes',
  async (bytes) => {
    const node = await launchWith(0o077, bytes);
    await node.ready();
    expect(statSync(node.apiSocket).mode & 0o777).toBe(0o666);
    // Up to the first folder that was there before.
    for (
      let path = dirname(node.apiSocket);
      path !== node.folder && path !== tmpdir();
      path = dirname(path)
    )
      expect([path, statSync(path).mode & 0o777]).toEqual([path, 0o755]);
    const open = modesBelow(node.state).filter(([, mode]) => (mode & 0o022) !== 0);
    expect(open).toEqual([]);
  },
  90_000,
);

test('with umask 000 nothing that is made may be written by others', async () => {
  const node = await launchWith(0, 60);
  await node.ready();
  expect(modesBelow(node.state).filter(([, mode]) => (mode & 0o022) !== 0)).toEqual([]);
}, 90_000);

test('a state folder too deep for socket paths works all the same', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'deep-')), 'x'.repeat(100));
  mkdirSync(folder);
  const node = kept(await DemoNode.start({ slices: aDocument({ name: 'site_a' }), folder }));
  expect(await node.unix().call('GetRSpec', 'site_a')).toHaveProperty('nm_cpu_share');
});

test('what cannot work is refused in one line: a taken port, a second demo, a bad flag, a bad key', async () => {
  const node = kept(await DemoNode.start({ slices: aDocument({ name: 'site_a' }) }));

  const samePort = kept(
    await DemoNode.launch({
      slices: aDocument({ name: 'site_a' }),
      flags: ['--tcp-port', String(node.port)],
    }),
  );
  await vi.waitFor(() => expect(samePort.errors).toMatch(/in use/), { timeout: PATIENCE_MS });
  expect(samePort.errors).toContain(String(node.port));

  const sameState = kept(await DemoNode.launch({ folder: node.folder }));
  await vi.waitFor(() => expect(sameState.errors).toMatch(/another demo runs/), {
    timeout: PATIENCE_MS,
  });
  const badFlag = kept(await DemoNode.launch({ flags: ['--poll', 'soon'] }));
  await vi.waitFor(() => expect(badFlag.errors).toMatch(/--poll soon: wants a number/), {
    timeout: PATIENCE_MS,
  });
  const noFile = kept(await DemoNode.launch({ flags: ['--slices', '/nowhere/slices.xml'] }));
  await vi.waitFor(() => expect(noFile.errors).toMatch(/--slices \/nowhere\/slices\.xml: ENOENT/), {
    timeout: PATIENCE_MS,
  });
  const config = join(node.folder, 'bad.toml');
  writeFileSync(config, '[api]\nmax_depth = "deep"\n');
  const badKey = kept(await DemoNode.launch({ flags: ['--config', config] }));
  await vi.waitFor(() => expect(badKey.errors).toMatch(/api\.max_depth: "deep" is not allowed/), {
    timeout: PATIENCE_MS,
  });
  expect(await node.tcp().call('GetRSpec', 'site_a')).toHaveProperty('nm_cpu_share');
});

test('nmctl shows the node to people and to programs', async () => {
  const node = kept(
    await DemoNode.start({ slices: aDocument({ name: 'site_a' }, { name: 'site_b' }) }),
  );
  for (const words of [
    ['status'],
    ['slivers'],
    ['sliver', 'site_a'],
    ['plan'],
    ['config', 'check'],
  ]) {
    const people = await node.nmctl(...words);
    expect([words, people.code, people.stderr]).toEqual([words, 0, '']);
    const programs = await node.nmctl('--json', ...words);
    expect(() => JSON.parse(programs.stdout)).not.toThrow();
  }
  const called = await node.nmctl('--json', 'call', 'GetRSpec', 'site_a');
  expect(JSON.parse(called.stdout)).toHaveProperty('nm_cpu_share', 32);
  const fault = await node.nmctl('call', 'GetRSpec', 'no_such');
  expect([fault.code, fault.stderr]).toEqual([4, expect.stringContaining('102')]);
});

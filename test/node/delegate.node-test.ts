/** A delegate: someone outside who calls the API over ssh, and can do nothing else on the node. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { callAsDelegate, callXml } from './machine/call-the-api.ts';
import { DELEGATE } from './machine/render-config.ts';
import { type Finished, run } from './machine/run-command.ts';
import { quoted, sshArguments } from './machine/ssh-door.ts';
import { theTestbed } from './the-node.ts';

const SLIVER = 'lab_s01';
const node = theTestbed();

test('ssh del_snoop@node < request.xml > answer.xml writes the RSpec that it was delegated, and nothing else', async () => {
  const answer = await callAsDelegate(node, 'GetRSpec', SLIVER);
  expect(answer).toMatchObject({ value: { nm_disk_quota: 5_000_000 } });
});

test('it is denied what it was not delegated', async () => {
  for (const method of ['Stop', 'DeleteSliver', 'DumpDatabase']) {
    const params = method === 'DumpDatabase' ? [] : [SLIVER];
    const answer = await callAsDelegate(node, method, ...params);
    expect(answer, method).toMatchObject({ kind: 'fault', code: 108 });
  }
});

test('a command, a terminal or a file transfer gets it nowhere', async () => {
  const command = ['id; touch /tmp/was-here'];
  const input = callXml('GetRSpec', [SLIVER]);
  const answered = await node.machine.sshAs(DELEGATE, node.keys.delegate, command, { input });
  expect(answered.stdout).not.toMatch(/uid=/);
  await node.machine.scpAs(DELEGATE, node.keys.delegate, 'package.json', '/tmp/was-here');
  expect(await node.machine.ssh(['test', '-e', '/tmp/was-here'])).toMatchObject({ code: 1 });
});

test('it has no sliver, no id range, and no process left when it has hung up', async () => {
  expect(await node.machine.read('/etc/subuid')).not.toMatch(new RegExp(`^${DELEGATE}:`, 'm'));
  await expect
    .poll(async () => (await node.machine.ssh(['pgrep', '-f', 'forward_api_calls'])).code, {
      timeout: 30_000,
      interval: 1000,
    })
    .toBe(1);
});

/**
 * Runs a program of this machine, outside of the node, that calls `ssh`: the real one, told what a
 * person's ssh_config would tell it (ssh reads that by the password file, whatever HOME says).
 */
function outside(keyFile: string, argv: readonly string[]): Promise<Finished> {
  const folder = mkdtempSync(join(tmpdir(), 'laptop-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const port = node.place.sshPort;
  const ssh = ['/usr/bin/ssh', ...sshArguments({ user: '', port, keyFile }), '-p', String(port)];
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\nexec ${quoted(ssh)} "$@"\n`, { mode: 0o755 });
  const path = `PATH=${folder}:${process.env['PATH']}`;
  return run(['env', `--chdir=${folder}`, path, ...argv], { deadlineMs: 120_000 });
}

const nmctl = (user: string, keyFile: string, ...args: readonly string[]) => {
  const via = `ssh://${user}@127.0.0.1:${node.place.sshPort}`;
  const program = resolve('dist/apps/nmctl/main.cjs');
  const call = ['--via', via, '--json', 'call', '--timeout', '60', ...args];
  return outside(keyFile, [process.execPath, program, ...call]);
};

test('nmctl --via reads an RSpec from outside, without any configuration there', async () => {
  const { code, stdout, stderr } = await nmctl(DELEGATE, node.keys.delegate, 'GetRSpec', SLIVER);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ nm_disk_quota: 5_000_000 });
  const denied = await nmctl(DELEGATE, node.keys.delegate, 'Stop', SLIVER);
  expect(denied).toMatchObject({ code: 4, stderr: expect.stringMatching(/^nmctl: fault 108: /) });
});

test('nmctl --via exits 3 with the words of ssh where the key is not let in', async () => {
  const { code, stderr } = await nmctl(DELEGATE, node.keys.stranger, 'GetRSpec', SLIVER);
  expect(code).toBe(3);
  expect(stderr).toContain('Permission denied');
});

test('nmctl --via has nothing carried out by an account that is no delegate’s', async () => {
  const { code, stderr } = await nmctl(SLIVER, node.keys.tenant, 'GetRSpec', SLIVER);
  expect(code).toBe(3);
  expect(stderr).toContain("that account is no delegate's");
});

test('examples/delegate.py reads an RSpec from outside', async () => {
  const program = ['python3', resolve('examples/delegate.py')];
  const call = [`${DELEGATE}@127.0.0.1`, 'GetRSpec', SLIVER];
  const { code, stdout, stderr } = await outside(node.keys.delegate, [...program, ...call]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ nm_disk_quota: 5_000_000 });
});

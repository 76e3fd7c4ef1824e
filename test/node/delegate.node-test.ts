/** A delegate: someone outside who calls the API over ssh, and can do nothing else on the node. */
import { expect, test } from 'vitest';
import { DELEGATE } from './machine/render-config.ts';
import { theTestbed } from './the-node.ts';

const SLIVER = 'lab_s01';
const node = theTestbed();

function request(method: string, ...params: readonly string[]): string {
  const values = params.map((text) => `<param><value><string>${text}</string></value></param>`);
  return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values.join('')}</params></methodCall>`;
}

/** `ssh del_snoop@node COMMAND < request.xml` */
const asDelegate = (input: string, command: readonly string[] = []) =>
  node.machine.sshAs(DELEGATE, node.keys.delegate, command, { input });

test('ssh del_snoop@node < request.xml reads an RSpec that it was delegated', async () => {
  const { code, stdout } = await asDelegate(request('GetRSpec', SLIVER));
  expect(code).toBe(0);
  expect(stdout).toMatch(/<name>nm_disk_quota<\/name>\s*<value><(int|i4)>5000000</);
});

test('it is denied what it was not delegated', async () => {
  for (const method of ['Stop', 'DeleteSliver', 'DumpDatabase']) {
    const params = method === 'DumpDatabase' ? [] : [SLIVER];
    const { stdout } = await asDelegate(request(method, ...params));
    expect(stdout, method).toMatch(/<(int|i4)>108</);
  }
});

test('a command, a terminal or a file transfer gets it nowhere', async () => {
  const answered = await asDelegate(request('GetRSpec', SLIVER), ['id; touch /tmp/was-here']);
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

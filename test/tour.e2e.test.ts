/** The README's tour, typed as it is printed there: a ticket and its sliver without PLC, a daily limit, and a lease by GetSlivers. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { DemoNode, type Finished } from './support/demo-node.ts';
import { SshStandIn } from './support/ssh-stand-in.ts';

interface Step {
  /** For a shell, as a person types it. */
  readonly command: string;
  /** What the README shows of its answer; empty where it shows nothing. */
  readonly shown: string;
}

/** The commands of the README's section of that title, with what it shows below each. */
function stepsOf(title: string): readonly Step[] {
  const readme = readFileSync('README.md', 'utf8');
  const [, section = ''] = readme.split(`\n### ${title}\n`);
  const [, block = ''] = /```console\n(.*?)```/s.exec(section) ?? [];
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [command = '', ...shown] = text.trimEnd().split('\n');
      return { command, shown: shown.join('\n') };
    });
}

let node: DemoNode;
afterEach(() => node.destroy());

/** Types one command where the demo was started. `npx nmctl` is the one of this checkout. */
function type(command: string): Promise<Finished> {
  const npx = `npx() { shift; '${process.execPath}' '${resolve('dist/apps/nmctl/main.cjs')}' "$@"; }`;
  return new Promise((settle) => {
    execFile(
      'sh',
      ['-c', `${npx}; ${command}`],
      { cwd: node.folder, timeout: 60_000 },
      (error, stdout, stderr) =>
        settle({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

/** Types what a section shows; every command succeeds, and answers what is shown of it. Returns all answers. */
async function typeAll(steps: readonly Step[]): Promise<ReadonlyMap<string, string>> {
  const said = new Map<string, string>();
  for (const { command, shown } of steps) {
    const { code, stdout, stderr } = await type(command);
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
    if (shown !== '') expect(stdout.trimEnd()).toBe(shown);
    said.set(command, stdout);
  }
  return said;
}

test('a ticket, fetched before PLC stops, makes a sliver while it is gone', async () => {
  node = await DemoNode.start();
  symlinkSync(node.state, join(node.folder, '.nodemgr'));
  const steps = stepsOf('A ticket');
  expect(steps.map(({ command }) => command.split(' ')[0])).toContain('kill');
  await typeAll(steps);
  await node.eventually(async () =>
    expect((await node.nmctl('slivers')).stdout).toMatch(/^ucsd_moara +running/m),
  );
  // PLC is gone, and stays away.
  expect(existsSync(join(node.state, 'demo-plc', 'pid'))).toBe(false);
  await node.eventually(async () =>
    expect((await node.nmctl('status')).stdout).toMatch(/ECONNREFUSED/),
  );
  const shown = await node.nmctl('ticket', 'show', join(node.folder, 'ticket.xml'));
  expect(shown.stdout).toMatch(/^signature +verified/m);
}, 120_000);

test('a daily limit is told where it is looked for', async () => {
  node = await DemoNode.start();
  symlinkSync(node.state, join(node.folder, '.nodemgr'));
  const said = await typeAll(stepsOf('A daily limit'));
  expect([...said.keys()]).toEqual([
    'npx nmctl explain cmu_esm',
    'npx nmctl bandwidth cmu_esm',
    'npx nmctl call GetUsage cmu_esm',
    'npx nmctl events cmu_esm',
  ]);
  expect(said.get('npx nmctl explain cmu_esm')).toMatch(/^ *nm_net_max_byte .*10\.8 GB\/day/m);
  expect(said.get('npx nmctl bandwidth cmu_esm')).toMatch(/^cmu_esm +ordinary .*20 Mbit\/s/m);
}, 120_000);

test('a lease that GetSlivers tells gives a slice the node for itself, which tells what it uses', async () => {
  const slices = readFileSync('apps/demo-plc/sample/slices.xml', 'utf8');
  node = await DemoNode.start({ slices, flags: ['--plc', 'getslivers'] });
  symlinkSync(node.state, join(node.folder, '.nodemgr'));
  const steps = stepsOf('A lease, told by GetSlivers');
  expect(steps.map(({ command }) => command.split(' ')[0])).toContain('sed');
  await typeAll(steps);
  await node.eventually(async () => {
    expect((await node.nmctl('leases')).stdout).toMatch(/^princeton_sirius .* in force$/m);
    const { stdout } = await node.nmctl('slivers');
    expect(stdout.match(/^\S+ +running/gm)).toEqual([expect.stringMatching(/^princeton_sirius /)]);
  });
}, 120_000);

/** Signs a slice of that name for this node with the key of the demo's PLC; for the pipe of a shell. */
const signing = (name: string): string =>
  `echo '<slice name="${name}" id="901"><users/></slice>' | ` +
  'npx nmctl ticket sign --key .nodemgr/demo-plc/ticket.key --node 17 --expiry 1h -';

test('what is signed can be delivered straight on, or as a delegate by ssh', async () => {
  node = await DemoNode.start();
  symlinkSync(node.state, join(node.folder, '.nodemgr'));
  const made = await type(`${signing('site_made')} | npx nmctl --json ticket deliver -`);
  expect(JSON.parse(made.stdout)).toEqual({ delivered: 'site_made' });

  const ssh = new SshStandIn(node.apiSocket, undefined);
  onTestFinished(() => ssh.remove());
  expect(await type(`${signing('site_sent')} > '${ssh.folder}/ticket.xml'`)).toMatchObject({
    code: 0,
  });
  const words = ['--via', 'ssh://del_snoop@node', 'ticket', 'deliver', 'ticket.xml'];
  expect(await ssh.nmctl(...words)).toMatchObject({
    code: 0,
    stdout: 'delivered: site_sent; unless PLC has set it up, CreateSliver does\n',
  });

  for (const name of ['site_made', 'site_sent']) {
    expect(await node.tcp().call('GetRSpec', name)).toHaveProperty('nm_cpu_share');
  }
}, 120_000);

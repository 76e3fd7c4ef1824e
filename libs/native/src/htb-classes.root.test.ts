// In a network namespace of its own, which goes with the process that it was made for (unshare(1)).
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { needs } from '@nodemgr/testkit';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';

const ADDON = resolve(__dirname, '../../../dist/native/nodemgr.node');

const SCRIPT = `
  import { execFileSync } from 'node:child_process';
  import { htbClasses, native } from './index.ts';
  const type = (line) => execFileSync(line.split(' ')[0], line.split(' ').slice(1));
  type('ip link add uplink type veth peer name far');
  type('tc qdisc add dev uplink root handle 7: htb');
  type('tc class add dev uplink parent 7: classid 7:1 htb rate 8mbit');
  const settings = 'rate 8mbit ceil 16mbit burst 64000 cburst 32000 quantum 3000 prio 5';
  type('tc class add dev uplink parent 7:1 classid 7:2 htb ' + settings);
  const { ifindex } = native().rootQdiscs().find(({ kind }) => kind === 'htb');
  const classes = htbClasses(ifindex).sort((a, b) => a.minor - b.minor);
  console.log(JSON.stringify([classes.length, classes[1], htbClasses(1)]));
`;

/** The script as a program with the addon where an installed program has it. */
async function bundle(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'nodemgr-htb-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, 'program/main.cjs');
  mkdirSync(join(folder, 'program'));
  copyFileSync(ADDON, join(folder, 'nodemgr.node'));
  const stdin = { contents: SCRIPT, resolveDir: __dirname, loader: 'ts' } as const;
  await build({ stdin, outfile, bundle: true, platform: 'node', target: 'node20', format: 'cjs' });
  return outfile;
}

const { missing, note } = needs('a kernel with network namespaces, htb and nftables', 'util-linux');

it.skipIf(missing)(`htbClasses calls every number by its right name${note}`, async () => {
  const values = ['--net', process.execPath, await bundle()];
  const { stdout, stderr } = spawnSync('unshare', values, { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([
    2,
    {
      ...{ major: 7, minor: 2, parent: 0x7_0001, rate: 1e6, ceil: 2e6, buffer: 1e6 },
      ...{ cbuffer: 250_000, quantum: 3000, priority: 5, level: 0, sentBytes: 0 },
      ...{ sentPackets: 0, drops: 0, overlimits: 0, backlogBytes: 0, queueLength: 0 },
    },
    [],
  ]);
});

// A sliver's file system and life, with a stand-in for systemd-nspawn.
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ANode, baseOf, containerNeeds, outcomeOf } from '../stand-in/a-node.ts';
import { eventually } from '../stand-in/eventually.ts';

const SIRIUS = { name: 'princeton_sirius', uid: 39_001 };
const BASE = baseOf(SIRIUS.uid);
const { missing, note } = containerNeeds();

describe.skipIf(missing)(`sliver-run${note}`, () => {
  let node: ANode;
  beforeAll(() => {
    node = new ANode();
    node.setAccounts(SIRIUS);
  });
  afterEach(async () => {
    await node.stop(SIRIUS.name);
    rmSync(node.sliverFolder(SIRIUS.name), { recursive: true, force: true });
  });
  afterAll(async () => await node.dispose());

  const run = async (command: string) => await node.run(SIRIUS.name, command);
  const said = async (command: string) => (await run(command)).stdout;
  const upper = () => join(node.sliverFolder(SIRIUS.name), 'upper');
  const inImage = (path: string) => join(node.folder, 'state/images/default@1/root', path);

  it("what is root's in the image is root's inside", async () => {
    await node.startSliver(SIRIUS.name);
    expect(await said('stat -c "%u %g" /bin/bash /etc/passwd /')).toBe('0 0\n0 0\n0 0\n');
  });

  it("what is written inside is the sliver's own, with its ids, and the image is what it was", async () => {
    await node.startSliver(SIRIUS.name);
    await run('echo mine > /etc/group; touch /root/file; rm /bin/nice');
    expect(statSync(join(upper(), 'root/file')).uid).toBe(BASE);
    expect(statSync(join(upper(), 'etc/group')).uid).toBe(BASE);
    expect(readFileSync(inImage('etc/group'), 'utf8')).toBe('root:x:0:\n');
    expect(existsSync(inImage('bin/nice'))).toBe(true);
    expect(await said('echo /bin/nice*')).toBe('/bin/nice*\n');
  });

  it("a sliver's files are there again when it is started again", async () => {
    await node.startSliver(SIRIUS.name);
    await run('echo kept > /root/file');
    await node.stop(SIRIUS.name);
    await node.startSliver(SIRIUS.name);
    expect(await said('cat /root/file')).toBe('kept\n');
  });

  it('the node sees no mount of it, neither while it runs nor afterwards', async () => {
    const mounts = () => readFileSync('/proc/self/mounts', 'utf8').includes(node.folder);
    await node.startSliver(SIRIUS.name);
    expect(mounts()).toBe(false);
    expect(readdirSync(join(node.folder, 'run/mnt'))).toEqual([]);
    await node.stop(SIRIUS.name);
    expect(mounts()).toBe(false);
    expect(readdirSync(join(node.folder, 'run/mnt'))).toEqual([]);
  });

  it('its image and what the node binds into it cannot be written to', async () => {
    await node.startSliver(SIRIUS.name, '#!/bin/sh\n');
    for (const path of ['/run/nodemgr/x', '/run/nodemgr-boot/rc.vinit', '/run/nodemgr-init'])
      expect((await run(`echo x > ${path}`)).stderr).toMatch(/Read-only file system|Permission/);
  });

  it('it has 256 terminals at the most, whatever root inside does about it', async () => {
    await node.startSliver(SIRIUS.name);
    const mounts = await said('cat /proc/self/mountinfo');
    expect(mounts).toMatch(/ \/dev\/pts .* devpts devpts rw,.*max=256$/m);
    const terminals = `/proc/${node.initOf(SIRIUS.name)}/root/dev/pts/ptmx`;
    const open: number[] = [];
    onTestFinished(() => {
      for (const fd of open) closeSync(fd);
    });
    for (let at = 0; at < 256; at++) open.push(openSync(terminals, 'r+'));
    expect(() => openSync(terminals, 'r+')).toThrow('ENOSPC');
  });

  it('it ends with status 0 when its unit is stopped', async () => {
    const unit = await node.startSliver(SIRIUS.name);
    unit.kill('SIGTERM');
    expect((await outcomeOf(unit)).status).toBe(0);
  });

  it('--start-scripts runs the start script of the running sliver again, with restart', async () => {
    await node.startSliver(SIRIUS.name, '#!/bin/sh\necho "$1" >> /root/starts\n');
    const starts = async () => await said('cat /root/starts');
    await eventually(async () => expect(await starts()).toBe('start\n'));
    const program = join(node.folder, 'lib/sliver-run');
    const again = spawn(program, ['--start-scripts', SIRIUS.name], {
      env: node.environment(SIRIUS.name),
    });
    expect(await outcomeOf(again)).toEqual({ status: 0, stdout: '', stderr: '' });
    await eventually(async () => expect(await starts()).toBe('start\nrestart\n'));
  });

  it('--warn runs the start script of the running sliver, with warn and the seconds until its stop', async () => {
    await node.startSliver(SIRIUS.name, '#!/bin/sh\necho "$*" >> /root/calls\n');
    const calls = async () => await said('cat /root/calls');
    await eventually(async () => expect(await calls()).toBe('start princeton_sirius\n'));
    const program = join(node.folder, 'lib/sliver-run');
    const values = ['--warn', SIRIUS.name, String(baseOf(SIRIUS.uid)), '60'];
    expect(await outcomeOf(spawn(program, values))).toEqual({ status: 0, stdout: '', stderr: '' });
    const warned = 'start princeton_sirius\nwarn princeton_sirius 60\n';
    await eventually(async () => expect(await calls()).toBe(warned));
  });

  async function complaint(environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const { status, stderr } = await outcomeOf(node.startUnit(SIRIUS.name, environment));
    expect(status).toBe(1);
    expect(stderr).toMatch(/^sliver-run: [^\n]*\n$/);
    return stderr;
  }

  it('it gives up, and names the image, when that is not there', async () => {
    node.makeFiles(SIRIUS.name);
    expect(await complaint({ NODEMGR_IMAGE: 'default@2' })).toMatch(
      /cannot use the image \S+\/images\/default@2\/root: No such file/,
    );
  });

  it('it gives up, and names the sliver, when its own files are not there', async () => {
    node.makeFiles(SIRIUS.name);
    rmSync(upper(), { recursive: true });
    expect(await complaint()).toMatch(/cannot mount the overlay of princeton_sirius .*: No such/);
  });

  it('it gives up when there is no folder to mount on', async () => {
    node.makeFiles(SIRIUS.name);
    const folder = join(node.folder, 'run/mnt');
    rmSync(folder, { recursive: true });
    expect(await complaint()).toContain(`cannot mount a tmpfs on ${folder}: No such file`);
    mkdirSync(folder);
  });
});

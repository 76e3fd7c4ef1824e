/** A state disk that is full, or read-only: said in words, survived, and over once there is room. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { needs } from '@nodemgr/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DemoNode, PATIENCE_MS } from './support/demo-node.ts';
import { aDocument } from './support/slices-document.ts';
import { SmallDisk } from './support/small-disk.ts';

const NAME = 'site_a';
const DOCUMENT = aDocument({ name: NAME }, { name: 'site_b' });
const STACK = /^ {4}at /m;

let folder: string;
let node: DemoNode;
let disk: SmallDisk;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'disk-'));
});
afterEach(async () => {
  await node.end();
  disk.unmount();
  rmSync(folder, { recursive: true, force: true });
});

const database = () => join(node.state, 'db', 'nodemgr.sqlite');

/** Has a write refused, and waits until status says so. */
async function refusalIsTrouble(why: string): Promise<void> {
  const [code, text] = await node.tcp().faultOf('Stop', NAME);
  expect([code, text]).toEqual([111, expect.stringContaining('the database cannot be written')]);
  const { code: exit, stdout } = await node.nmctl('status');
  expect(exit).toBe(1);
  expect(stdout).toContain('database: write fails');
  const shown = stdout.replaceAll(/\s+/g, ' ');
  expect(shown).toContain(database());
  expect(shown).toContain(why);
}

async function killed(
  daemon: 'account-supervisor' | 'bwcap-agent' | 'db-service',
): Promise<number> {
  const pid = await node.pidOf(daemon);
  process.kill(pid, 'SIGKILL');
  return pid;
}

/** Starts a demo that cannot start, and returns how it ended. */
function startOn(state: string) {
  const args = [resolve('dist/apps/demo/main.cjs'), '--plain', '--state', state, '--tcp-port', '0'];
  return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: PATIENCE_MS });
}

const allIsWell = () =>
  node.eventually(async () => expect(await node.nmctl('status')).toMatchObject({ code: 0 }));

const onFull = needs('a right to mount', 'python3');
describe.skipIf(onFull.missing)(`on a full disk${onFull.note}`, () => {
  beforeEach(async () => {
    disk = SmallDisk.inMemory(join(folder, 'state'), 12);
    node = await DemoNode.start({ folder, slices: DOCUMENT });
    disk.fill();
  });

  test('refused writes are trouble, with file and reason, until there is room; nobody need write', async () => {
    await refusalIsTrouble('database or disk is full');
    disk.clear();
    await allIsWell();
    expect(await node.tcp().call('Stop', NAME)).toBeTruthy();
  });

  test('a document that can be neither kept nor delivered is both when there is room', async () => {
    node.publish(aDocument({ name: NAME }, { name: 'site_b' }, { name: 'site_c' }));
    await node.eventually(async () => {
      const { code, stdout } = await node.nmctl('status');
      expect(code).toBe(1);
      expect(stdout).toContain('database: write fails');
      expect(stdout).toContain('last good document: write fails');
    });
    disk.clear();
    await allIsWell();
    expect((await node.nmctl('slivers')).stdout).toContain('site_c');
  });

  test('each process that ends is started again, in words, and the node goes on when there is room', async () => {
    await refusalIsTrouble('database or disk is full');
    const pid = await killed('account-supervisor');
    await node.eventually(async () => expect(await node.pidOf('account-supervisor')).not.toBe(pid));
    await killed('db-service');
    await node.eventually(() =>
      expect(node.output).toMatch(
        /^! db-service ended \(SIGKILL\); starting it again; nothing can be written to \S+ \(ENOSPC/m,
      ),
    );
    disk.clear();
    await allIsWell();
    expect(node.output + node.errors).not.toMatch(STACK);
    expect(await node.end()).toBe(0);
  });

  test('a demo that is started there says in one line what there is no room for', async () => {
    await node.end();
    for (const name of readdirSync(node.state)) rmSync(join(node.state, name), { recursive: true });
    disk.fill();
    expect(startOn(node.state)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^npm start: [^\n]*ENOSPC[^\n]*\n$/),
    });
  });
});

const onReadOnly = needs('a kernel with ext4 and loop devices', 'python3');
describe.skipIf(onReadOnly.missing)(`on a read-only disk${onReadOnly.note}`, () => {
  beforeEach(async () => {
    disk = SmallDisk.onExt4(join(folder, 'state'));
    node = await DemoNode.start({ folder, slices: DOCUMENT });
    disk.makeReadOnly();
  });

  test('refused writes are trouble, and a process that cannot start again takes nobody with it', async () => {
    await refusalIsTrouble('SQLITE_');
    await killed('bwcap-agent');
    await node.eventually(() =>
      expect(node.output).toMatch(
        /^! bwcap-agent ended \(status 1\); starting it again; nothing can be written to \S+ \(EROFS/m,
      ),
    );
    expect(await node.tcp().call('GetLoans', NAME)).toEqual([]);
    expect(node.output + node.errors).not.toMatch(STACK);
    expect(await node.end()).toBe(0);
  });

  test('a demo that is started there says in one line that the disk is read-only', async () => {
    await node.end();
    expect(startOn(node.state)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^npm start: [^\n]*\/state[^\n]*[Rr]ead-only file system[^\n]*\n$/,
      ),
    });
  });
});

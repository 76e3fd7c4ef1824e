// What sliver-shell must refuse: one line, status 126, and nothing was run.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Account, ANode, baseOf, containerNeeds, outcomeOf } from '../stand-in/a-node.ts';
import { eventually } from '../stand-in/eventually.ts';

const SIRIUS = { name: 'princeton_sirius', uid: 39_001 };
const LINE = `${SIRIUS.name}:${baseOf(SIRIUS.uid)}:65536`;
const { missing, note } = containerNeeds();

describe.skipIf(missing)(`refused${note}`, () => {
  let node: ANode;
  beforeAll(async () => {
    node = await ANode.running(SIRIUS);
  });
  afterAll(async () => await node.dispose());

  /** Tries to log in with these accounts; the reason of the refusal. Nothing else may be said. */
  async function reason(
    accounts: readonly Account[],
    { name, values = ['-c', 'echo in'] }: { name?: string; values?: readonly string[] } = {},
  ): Promise<string> {
    node.setAccounts(...accounts);
    onTestFinished(() => node.setAccounts(SIRIUS));
    const child = node.start(name ?? String(accounts[0]?.name), values);
    child.stdin?.end();
    const { status, stdout, stderr } = await outcomeOf(child);
    expect([status, stdout]).toEqual([126, '']);
    expect(stderr.split('\n')).toHaveLength(2);
    expect(stderr).toMatch(/^sliver-shell: /);
    return stderr.trim().replace('sliver-shell: ', '');
  }

  /** Notes something for logins to a sliver, until the test is over. */
  function noteOn(name: string, text: string): string {
    const path = node.loginNote(name);
    writeFileSync(path, text);
    onTestFinished(() => rmSync(path, { force: true, recursive: true }));
    return path;
  }

  /** Puts something else in a file's place. */
  function spoilBy(path: string, put: () => void): void {
    rmSync(path);
    put();
  }

  it('is nobody, while all is as it should be', async () => {
    expect((await node.run(SIRIUS.name, 'echo in')).stdout).toBe('in\n');
  });

  it('is a user id that has no account', async () => {
    const options = { uid: 39_999, gid: 39_999 };
    const { status, stderr } = await node.run(SIRIUS.name, 'echo in', options);
    expect([status, stderr]).toEqual([
      126,
      'sliver-shell: user id 39999 has no sliver on this node\n',
    ]);
  });

  it('is root, who has no sliver either', async () => {
    const { stderr } = await node.run(SIRIUS.name, 'echo in', { uid: 0, gid: 0 });
    expect(stderr).toBe('sliver-shell: user id 0 has no sliver on this node\n');
  });

  it.each([
    ['has another login shell', { ...SIRIUS, shell: '/bin/bash' }],
    ['has no login shell', { ...SIRIUS, shell: '' }],
    ["has a name that is no sliver's", { ...SIRIUS, name: 'princeton' }],
    ['has a site with capitals', { ...SIRIUS, name: 'Princeton_sirius' }],
    ['has a name that ends in a dot', { ...SIRIUS, name: 'princeton_sirius.' }],
    ['has a name beyond bounds', { ...SIRIUS, name: `a_${'b'.repeat(31)}` }],
    ['has a name that is a path', { ...SIRIUS, name: '../princeton_sirius' }],
  ])('is an account that %s', async (_what, account) => {
    mkdirSync(dirname(node.record(account.name)), { recursive: true });
    expect(await reason([account])).toBe('user id 39001 has no sliver on this node');
  });

  it('is a user id that two accounts share', async () => {
    expect(await reason([SIRIUS, { ...SIRIUS, name: 'mit_dht' }])).toBe(
      'user id 39001 has no sliver on this node',
    );
  });

  it.each([
    ['is absent', (path: string) => rmSync(path)],
    ["is not root's", (path: string) => chownSync(path, SIRIUS.uid, SIRIUS.uid)],
    ['can be written to by others', (path: string) => chmodSync(path, 0o646)],
    ['can be written to by its group', (path: string) => chmodSync(path, 0o664)],
    [
      'is a link',
      (path: string) => {
        rmSync(path);
        symlinkSync('/etc/passwd', path);
      },
    ],
  ])('is an account whose record %s', async (_how, spoil) => {
    node.setAccounts(SIRIUS);
    spoil(node.record(SIRIUS.name));
    onTestFinished(() => rmSync(node.record(SIRIUS.name), { force: true }));
    const { status, stderr } = await node.run(SIRIUS.name, 'echo in');
    expect([status, stderr]).toEqual([
      126,
      'sliver-shell: princeton_sirius is not a sliver of this node\n',
    ]);
    rmSync(node.record(SIRIUS.name), { force: true });
    node.setAccounts(SIRIUS);
  });

  it.each([
    ['has expired long ago', { ...SIRIUS, expires: '1' }],
    ['expires today', { ...SIRIUS, expires: `${Math.floor(Date.now() / 86_400_000)}` }],
    ['has no shadow entry', { ...SIRIUS, shadow: false }],
  ])('is an account that %s', async (_what, account) => {
    expect(await reason([account])).toBe('login to princeton_sirius is disabled');
  });

  it('is nobody whose account expires tomorrow', async () => {
    node.setAccounts({ ...SIRIUS, expires: `${Math.floor(Date.now() / 86_400_000) + 1}` });
    onTestFinished(() => node.setAccounts(SIRIUS));
    expect((await node.run(SIRIUS.name, 'echo in')).stdout).toBe('in\n');
  });

  it.each([
    ['there is none', []],
    ["it is another account's", [`mit_dht:${baseOf(SIRIUS.uid)}:65536`]],
    ['there are two', [LINE, LINE]],
    ['there is a second of another size', [LINE, `${SIRIUS.name}:2000000000:1`]],
    ['it is smaller', [LINE.replace(/65536$/, '65535')]],
    ['it is bigger', [LINE.replace(/65536$/, '655360')]],
    ["it begins with the node's own ids", [`${SIRIUS.name}:0:65536`]],
    ['it goes beyond all ids', [`${SIRIUS.name}:4294901760:65536`]],
    ['it is no number', [`${SIRIUS.name}:x:65536`]],
    ['its line is cut short', [`${SIRIUS.name}:1900000000`]],
  ])('is an account without an id range of its own: %s', async (_how, subuid) => {
    expect(await reason([{ ...SIRIUS, subuid }])).toBe(
      'princeton_sirius has no range of 65536 ids in subuid(5)',
    );
  });

  it('is a sliver whose container has other ids than the account', async () => {
    expect(await reason([{ ...SIRIUS, subuid: [`${SIRIUS.name}:2000000000:65536`] }])).toBe(
      'princeton_sirius is starting or stopping, or is not what was started; try again in a moment',
    );
  });

  it.each([
    ['an option', ['--help']],
    ['a word', ['x']],
    ['-c and no command', ['-c']],
    ['-c and two commands', ['-c', 'echo in', 'x']],
    ['-l before -c', ['-l', '-c', 'echo in']],
    ['an empty argument', ['']],
  ])('is %s', async (_what, values) => {
    expect(await reason([SIRIUS], { values })).toBe('takes no arguments but -c and a command');
  });

  it('is a sliver that does not run', async () => {
    expect(await reason([{ name: 'mit_dht', uid: 39_002 }])).toBe(
      'mit_dht is not running; try again in a moment',
    );
  });

  it('is a sliver that has never been started, which is being made since its record was', async () => {
    const other = { name: 'mit_new', uid: 39_004 };
    node.setAccounts(other);
    rmSync(node.starts(other.name));
    utimesSync(node.record(other.name), 1_700_000_000, 1_700_000_000);
    expect((await node.run(other.name, 'true')).stderr).toBe(
      'sliver-shell: mit_new is being made since 2023-11-14T22:13:20Z; try again in a moment\n',
    );
    node.setAccounts(SIRIUS);
  });

  it.each<[string, Account]>([
    ['does not run', { name: 'mit_dht', uid: 39_002 }],
    ['refuses logins', { name: 'mit_dht', uid: 39_002, expires: '1' }],
  ])('is a sliver that %s, in the words that are noted of it', async (_how, account) => {
    noteOn(account.name, "is stopped by Stop; 'ssh mit_dht@node start' starts it\nstopped -\n");
    expect(await reason([account])).toBe(
      "mit_dht is stopped by Stop; 'ssh mit_dht@node start' starts it",
    );
  });

  it.each(['true', 'start', 'stop', 'status'])(
    'is whoever has an expired sliver, which has no ids any more: %s',
    async (command) => {
      const account = { name: 'mit_dht', uid: 39_002, expires: '1', subuid: [] };
      noteOn(account.name, 'had expired by 2023-11-14T22:13:20Z\nexpired 1700000000\n');
      expect(await reason([account], { values: ['-c', command] })).toBe(
        'mit_dht had expired by 2023-11-14T22:13:20Z',
      );
    },
  );

  it('is whoever has a sliver without its ids, in the words that are noted of it', async () => {
    const account = { name: 'mit_dht', uid: 39_002, subuid: [] };
    noteOn(account.name, 'cannot be started; it is tried again by itself\nfailing 1700000000\n');
    expect(await reason([account])).toBe('mit_dht cannot be started; it is tried again by itself');
  });

  it('is nobody whose sliver runs, whatever is noted of it', async () => {
    noteOn(SIRIUS.name, 'is stopped by Stop\nstopped -\n');
    expect((await node.run(SIRIUS.name, 'echo in')).stdout).toBe('in\n');
  });

  it('has nothing in its words that a terminal obeys', async () => {
    noteOn('mit_dht', 'is \x1b[2J\x9b stopped\nstopped -\n');
    expect(await reason([{ name: 'mit_dht', uid: 39_002 }])).toMatch(
      /^mit_dht is \?\[2J\?+ stopped$/,
    );
  });

  it.each<[string, (path: string) => void]>([
    ['is not root’s', (path) => chownSync(path, SIRIUS.uid, SIRIUS.uid)],
    ['others can write to', (path) => chmodSync(path, 0o646)],
    ['is a link', (path) => spoilBy(path, () => symlinkSync('/etc/passwd', path))],
    ['is a pipe', (path) => spoilBy(path, () => spawnSync('mkfifo', [path]))],
    ['is a folder', (path) => spoilBy(path, () => mkdirSync(path))],
    ['is empty', (path) => writeFileSync(path, '')],
    ['has no end of a line', (path) => writeFileSync(path, 'is stopped')],
    [
      'has a line that is too long',
      (path) => writeFileSync(path, `${'x'.repeat(361)}\nstopped -\n`),
    ],
  ])('has words of its own where what is noted %s', async (_how, spoil) => {
    spoil(noteOn('mit_dht', 'is stopped by Stop\nstopped -\n'));
    expect(await reason([{ name: 'mit_dht', uid: 39_002 }])).toBe(
      'mit_dht is not running; try again in a moment',
    );
  });

  it('has the whole of a line that is as long as can be', async () => {
    const name = `a_${'b'.repeat(30)}`;
    const line = 'x'.repeat(360);
    noteOn(name, `${line}\nstopped -\n`);
    expect(await reason([{ name, uid: 39_002 }])).toBe(`${name} ${line}`);
  });

  it('is a unit that has no container', async () => {
    for (const part of ['supervisor', 'payload'])
      mkdirSync(join(node.unit('mit_dht'), part), { recursive: true });
    expect(await reason([{ name: 'mit_dht', uid: 39_002 }])).toBe(
      'mit_dht is not running; try again in a moment',
    );
    await node.stop('mit_dht');
  });

  it('is a unit whose payload is an ordinary process of the node', async () => {
    onTestFinished(async () => await node.stop('mit_dht'));
    await node.startImpostor('mit_dht');
    expect(await reason([{ name: 'mit_dht', uid: 39_002 }])).toBe(
      'mit_dht is starting or stopping, or is not what was started; try again in a moment',
    );
  });

  it('is a sliver that has stopped', async () => {
    const other = { name: 'mit_other', uid: 39_003 };
    node.setAccounts(other);
    const unit = await node.startSliver(other.name);
    unit.kill('SIGKILL');
    await eventually(async () => {
      expect((await node.run(other.name, 'true')).stderr).toBe(
        'sliver-shell: mit_other is not running; try again in a moment\n',
      );
    });
    await node.stop(other.name);
  });

  it('is everyone when the program is not installed setuid root', async () => {
    node.setAccounts(SIRIUS);
    const copy = join(node.folder, 'copy');
    copyFileSync(node.shell, copy);
    chmodSync(copy, 0o755);
    const { status, stderr } = spawnSync(copy, [], {
      uid: SIRIUS.uid,
      gid: SIRIUS.uid,
      cwd: '/',
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([126, 'sliver-shell: is not installed setuid root\n']);
  });

  it('is a folder as standard input: the sliver could walk up from it', async () => {
    node.setAccounts(SIRIUS);
    const folder = openSync('/', 'r');
    const child = node.start(SIRIUS.name, ['-c', 'ls /proc/self/fd/0/'], {
      stdio: [folder, 'pipe', 'pipe'],
    });
    expect((await outcomeOf(child)).stderr).toBe(
      'sliver-shell: descriptor 0 is not for reading or writing\n',
    );
  });
});

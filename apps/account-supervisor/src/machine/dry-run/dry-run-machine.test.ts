import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkConfig } from '@nodemgr/config';
import { FailureBoard } from '@nodemgr/daemon';
import { accountName } from '@nodemgr/records';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ABSENT } from '../../observed/observed-account.ts';
import type { AccountStep } from '../../plan/account-steps.ts';
import { planAccount } from '../../plan/plan-account.ts';
import { idsOf, slot } from '../../slots/account-ids.ts';
import {
  BOOT,
  circumstances,
  POLICY,
  SIRIUS,
  WEIGHT,
  wantedSliver,
} from '../../test-support/builders.test-support.ts';
import { DryRunMachine } from './dry-run-machine.ts';

const OTHERS = 'root:x:0:0:root:/root:/bin/bash\n# a comment: of: some: kind\n';
let state = '';
let lines: { readonly fields: Record<string, unknown>; readonly message: string }[] = [];
const note = (...[fields, message]: readonly unknown[]) => {
  lines.push({ fields: { ...(fields as object) }, message: String(message) });
};
const log = { info: note, error: note };
let failures = new FailureBoard();

beforeEach(async () => {
  lines = [];
  failures = new FailureBoard();
  state = await mkdtemp(join(tmpdir(), 'nodemgr-dry-'));
  await mkdir(join(state, 'machine/etc'), { recursive: true });
  await writeFile(passwd(), OTHERS);
});
afterEach(() => rm(state, { recursive: true }));

const passwd = () => join(state, 'machine/etc/passwd');
const subuid = () => join(state, 'machine/etc/subuid');
const accountFile = () => join(state, `machine/accounts/${SIRIUS}.json`);
const config = (accounts: object = {}) =>
  checkConfig(
    {
      node: { id: 17, state_dir: state },
      plc: { url: 'https://plc.example/' },
      accounts: { passwd_file: passwd(), subuid_file: subuid(), ...POLICY, ...accounts },
    },
    'test',
  );
const open = (bootId = BOOT) => DryRunMachine.open({ config: config(), log, failures }, bootId);

function making(place = 0): readonly AccountStep[] {
  const ids = idsOf(slot(place), POLICY);
  const target = { wanted: wantedSliver(), ids, shared: { cpuWeight: WEIGHT } };
  return planAccount(target, ABSENT, circumstances()).steps.map(({ step }) => step);
}

async function make(machine: DryRunMachine, name = SIRIUS, place = 0): Promise<void> {
  for (const step of making(place)) await machine.execute(name, step);
  await machine.observeAccount(name);
}

test('each step is one line with the exact commands, and none is run', async () => {
  await make(await open());
  expect(lines.map(({ fields }) => fields['step'])).toEqual(making().map(({ step }) => step));
  expect(lines[0]?.fields).toMatchObject({
    account: SIRIUS,
    commands: [expect.any(String), expect.stringMatching(/^useradd .* princeton_sirius$/)],
  });
});

test('the account is in passwd and subuid, and every other line is as it was', async () => {
  await make(await open());
  expect(await readFile(passwd(), 'utf8')).toBe(
    `${OTHERS}princeton_sirius:x:30000:30000::/:/usr/lib/nodemgr/sliver-shell\n`,
  );
  expect(await readFile(subuid(), 'utf8')).toBe('princeton_sirius:1879048192:65536\n');
});

test('the machine is the same after a restart; after a reboot nothing runs', async () => {
  await make(await open());
  expect(await (await open()).observeAccount(SIRIUS)).toMatchObject({ state: 'running' });
  expect(await (await open('boot-2')).observeAccount(SIRIUS)).toMatchObject({
    state: 'stopped',
    files: { where: 'in-place' },
  });
});

test('a damaged account is set aside with the reason, and begins as absent', async () => {
  await make(await open());
  await writeFile(accountFile(), '{"name":"princeton_sirius","account":{');
  const machine = await open();
  expect(await machine.observeAccount(SIRIUS)).toEqual(ABSENT);
  expect(await readFile(passwd(), 'utf8')).toBe(OTHERS);
  const files = await readdir(join(state, 'machine/accounts'));
  expect(files).toEqual([expect.stringMatching(/\.json\.damaged-\d+$/)]);
  expect(lines.at(-1)?.fields).toMatchObject({ account: SIRIUS, reason: expect.any(String) });
});

test('an account file that cannot be read is reported, and everyone else comes up', async () => {
  await make(await open());
  await mkdir(join(state, 'machine/accounts/zz_dir.json'));
  const machine = await open();
  expect(await machine.observeAccount(SIRIUS)).toMatchObject({ state: 'running' });
  expect(await machine.observeAccount(accountName('zz_dir'))).toEqual(ABSENT);
  expect(failures.list()).toMatchObject([
    {
      subject: 'account file zz_dir.json',
      action: 'read',
      reason: expect.stringMatching(/not a regular file; it is now .*zz_dir\.json\.damaged-\d+,/),
    },
  ]);
});

test('a file that is about another account is damaged', async () => {
  await make(await open());
  await rename(accountFile(), join(state, 'machine/accounts/a_thief.json'));
  expect((await (await open()).observe()).size).toBe(0);
  expect(failures.list()).toMatchObject([{ reason: expect.stringContaining(`about ${SIRIUS}`) }]);
});

test('of two accounts with one slot the first by name keeps it, the other is set aside', async () => {
  const machine = await open();
  const [first, second] = [accountName('site_a'), accountName('site_b')];
  await make(machine, second, 3);
  await make(machine, first, 3);
  const accounts = await (await open()).observe();
  expect([...accounts.keys()]).toEqual([first]);
  expect(failures.list()).toMatchObject([
    {
      subject: 'account file site_b.json',
      reason: expect.stringContaining('slot 3 is held by site_a already'),
    },
  ]);
  expect(await readFile(passwd(), 'utf8')).toBe(
    `${OTHERS}site_a:x:30003:30003::/:/usr/lib/nodemgr/sliver-shell\n`,
  );
});

test('bytes in the lines of others that are no text stay as they are', async () => {
  const theirs = Buffer.from('caf\xe9:x:1:1:\xff\xfe\0:/:/bin/sh\n', 'latin1');
  await writeFile(passwd(), theirs);
  await writeFile(subuid(), theirs);
  const shell = '/usr/lib/nodémgr/shell';
  const machine = await DryRunMachine.open(
    { config: config({ sliver_shell: shell }), log, failures },
    BOOT,
  );
  await make(machine);
  const ours = Buffer.from(`${SIRIUS}:x:30000:30000::/:${shell}\n`);
  expect(await readFile(passwd())).toEqual(Buffer.concat([theirs, ours]));
  expect((await readFile(subuid())).subarray(0, theirs.length)).toEqual(theirs);
});

test('lines that were lost are put back at the next start', async () => {
  await make(await open());
  await rm(subuid());
  await open();
  expect(await readFile(subuid(), 'utf8')).toBe('princeton_sirius:1879048192:65536\n');
});

test('where the users cannot be written at the start, accounts fail until they can, and it starts', async () => {
  await make(await open());
  await writeFile(passwd(), OTHERS);
  // A folder in the way of the temporary file: for root, too, it is in the way.
  await mkdir(join(`${passwd()}~new`, 'in the way'), { recursive: true });
  const machine = await open();
  await expect(machine.observeAccount(SIRIUS)).rejects.toThrow(`cannot write ${passwd()}: `);
  expect(lines.at(-1)?.message).toContain('the pretended users cannot be written');
  await rm(`${passwd()}~new`, { recursive: true });
  expect(await machine.observeAccount(SIRIUS)).toMatchObject({ state: 'running' });
  expect(await readFile(passwd(), 'utf8')).toContain(SIRIUS);
});

test("somebody else's user of that name is foreign, and their ids are left to them", async () => {
  await writeFile(passwd(), `${OTHERS}${SIRIUS}:x:30002:30002::/home/p:/bin/bash\n`);
  await writeFile(subuid(), `someone:${1_879_048_192 + 65_536}:65536\n`);
  const machine = await open();
  expect(await machine.observeAccount(SIRIUS)).toMatchObject({ state: 'foreign' });
  expect(await machine.foreignIds()).toEqual({
    uids: new Set([2]),
    ranges: new Set([1]),
    takers: [`${subuid()} line 1, someone:${1_879_048_192 + 65_536}:65536, takes 1`],
  });
});

test('accounts made side by side are all in the files', async () => {
  const machine = await open();
  const names = Array.from({ length: 8 }, (_, i) => accountName(`site_s${i}`));
  await Promise.all(names.map((name, i) => make(machine, name, i)));
  const text = await readFile(passwd(), 'utf8');
  for (const [i, name] of names.entries()) expect(text).toContain(`${name}:x:${30_000 + i}:`);
});

test('a step that could not be written has not happened, and can be repeated', async () => {
  const machine = await open();
  const [create] = making();
  if (create === undefined) throw new Error('a sliver is made in no steps');
  await rm(join(state, 'machine/etc'), { recursive: true });
  await writeFile(join(state, 'machine/etc'), 'in the way');
  await expect(machine.execute(SIRIUS, create)).rejects.toThrow();
  expect(await machine.observeAccount(SIRIUS)).toEqual(ABSENT);
  await rm(join(state, 'machine/etc'));
  await machine.execute(SIRIUS, create);
  expect(await readFile(passwd(), 'utf8')).toContain(SIRIUS);
});

test('steps that a crash made forgotten are planned again, and leave nothing behind', async () => {
  const machine = await open();
  const [create] = making();
  if (create === undefined) throw new Error('a sliver is made in no steps');
  await machine.execute(SIRIUS, create);
  expect(await readFile(passwd(), 'utf8')).toContain(SIRIUS);
  const afterCrash = await open();
  expect(await afterCrash.observeAccount(SIRIUS)).toEqual(ABSENT);
  expect(await readFile(passwd(), 'utf8')).toBe(OTHERS);
  await make(afterCrash);
  expect(await (await open()).observeAccount(SIRIUS)).toMatchObject({ state: 'running' });
});

test('an account whose file cannot be written is not in line, until it can', async () => {
  const machine = await open();
  await mkdir(join(state, 'machine'), { recursive: true });
  await writeFile(join(state, 'machine/accounts'), 'in the way');
  await expect(make(machine)).rejects.toThrow(/machine\/accounts/);
  await expect(machine.observeAccount(SIRIUS)).rejects.toThrow(/machine\/accounts/);
  await rm(join(state, 'machine/accounts'));
  expect(await machine.observeAccount(SIRIUS)).toMatchObject({ state: 'running' });
  expect(await readFile(accountFile(), 'utf8')).toContain('"running"');
});

test('it refuses to start when it would write outside the state folder', async () => {
  const attempt = (accounts: object) =>
    DryRunMachine.open({ config: config(accounts), log, failures }, BOOT);
  await expect(attempt({ passwd_file: '/etc/passwd' })).rejects.toThrow(
    /accounts\.passwd_file is \/etc\/passwd, which is outside node\.state_dir/,
  );
  await expect(attempt({ subuid_file: `${state}/../subuid` })).rejects.toThrow(/subuid_file/);
  await symlink('/etc', join(state, 'link'));
  await expect(attempt({ passwd_file: join(state, 'link/passwd') })).rejects.toThrow(/outside/);
});

import { epochSeconds } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { contentOf } from '../../desired/desired-account.ts';
import type { MachineLayout } from '../../execute/layout.ts';
import { unitSettings } from '../../execute/render-sliver-step.ts';
import { idsOf, slot } from '../../slots/account-ids.ts';
import { IMAGE, NODE, POLICY, SIRIUS, WEIGHT } from '../../test-support/builders.test-support.ts';
import { type AccountFacts, deriveAccount, type FolderFacts } from './derive-account.ts';
import { type AccountTexts, UnixAccounts } from './unix-accounts.ts';

const LAYOUT: MachineLayout = {
  ...NODE,
  sliverShell: '/usr/lib/nodemgr/sliver-shell',
  delegateShell: '/usr/lib/nodemgr/forward_api_calls',
};
const { uid, base, project } = idsOf(slot(2), POLICY);
const LIMITS = { cpuWeight: WEIGHT, memoryMax: 0, tasksMax: 4096 };
const FOLDER: FolderFacts = {
  image: IMAGE,
  project,
  unitSettings: unitSettings(SIRIUS, base, IMAGE),
  initscript: contentOf('').digest,
};
const RANGE = `${SIRIUS}:${base}:65536\n`;
const SHADOW = 'root:*:1:0:99999:7:::\n';
const LOGIN = `${SIRIUS}:!:20000:0:99999:7:::\n`;
const userLine = (changes: { id?: number; shell?: string } = {}) =>
  `${SIRIUS}:x:${changes.id ?? uid}:990::/:${changes.shell ?? LAYOUT.sliverShell}\n`;
const TEXTS = { passwd: userLine(), shadow: SHADOW + LOGIN, subuid: RANGE, subgid: RANGE };
/** The machine's users: ours as it should be, unless a text says otherwise. */
const unixWith = (changes: Partial<AccountTexts> = {}) => ({
  unix: new UnixAccounts({ ...TEXTS, ...changes }),
});
const NOBODY = { passwd: '', shadow: SHADOW, subuid: '', subgid: '' };
const BOB = `bob:x:${uid}:${uid}::/home/bob:/bin/bash\n`;
const OURS: AccountFacts = {
  record: { type: 'sliver', slot: slot(2) },
  ...unixWith(),
  folder: FOLDER,
  kept: [],
  keys: contentOf('key\n').digest,
  starts: 1,
  unit: { active: true, ailing: undefined },
  limits: LIMITS,
  diskQuota: 5_000_000,
  inodes: 312_500,
  othersContainer: false,
};
const NOTHING: AccountFacts = {
  ...OURS,
  record: 'none',
  ...unixWith(NOBODY),
  folder: undefined,
  keys: undefined,
  unit: undefined,
  limits: undefined,
  diskQuota: 0,
  inodes: 0,
};
const KEPT = { slot: slot(2), since: epochSeconds(1000), image: IMAGE };
const stateOf = (facts: AccountFacts) => deriveAccount(SIRIUS, facts, POLICY, LAYOUT);
const reasonOf = (facts: AccountFacts) => {
  const account = stateOf(facts);
  return account.state === 'foreign' ? account.reason : account.state;
};

test('a sliver with all its parts is seen with all of them', () => {
  expect(stateOf(OURS)).toEqual({
    state: 'running',
    ailing: undefined,
    slot: 2,
    user: 'whole',
    range: true,
    files: { where: 'in-place', image: IMAGE },
    halfMade: false,
    inodesDiffer: false,
    initscript: contentOf('').digest,
    keys: contentOf('key\n').digest,
    unit: true,
    limits: { ...LIMITS, diskQuota: 5_000_000 },
    login: true,
    starts: 1,
  });
});

test.each([0, 312_499])(
  'a quota with a limit of %s inodes, which is not its own, is seen',
  (inodes) => {
    expect(stateOf({ ...OURS, inodes })).toMatchObject({
      limits: { diskQuota: 5_000_000 },
      inodesDiffer: true,
    });
  },
);

test('the limits of a sliver are what the kernel enforces; one that runs without a control group to read is ailing', () => {
  expect(stateOf(OURS)).toMatchObject({ limits: LIMITS, ailing: undefined });
  expect(stateOf({ ...OURS, limits: undefined })).toMatchObject({
    state: 'running',
    ailing: 'its control group cannot be read yet',
  });
  const stopped = { ...OURS, unit: { active: false, ailing: undefined }, limits: undefined };
  expect(stateOf(stopped)).toMatchObject({ state: 'stopped', ailing: undefined });
});

test('a name of which there is nothing is absent; files kept of it are told', () => {
  expect(stateOf(NOTHING)).toEqual({ state: 'absent' });
  expect(stateOf({ ...NOTHING, kept: [KEPT] })).toEqual({ state: 'kept', ...KEPT });
});

test('what is merely similar is never ours', () => {
  const person = unixWith({ ...NOBODY, passwd: userLine({ id: 1000, shell: '/bin/bash' }) });
  expect(reasonOf({ ...NOTHING, ...person })).toMatch(/a user of that name .* not ours/);
  expect(reasonOf({ ...NOTHING, folder: FOLDER })).toMatch(/files .* no record/);
  expect(reasonOf({ ...NOTHING, othersContainer: true })).toMatch(/a container of that name/);
});

test.each([
  ['name-taken', { ...NOTHING, ...unixWith() }],
  ['files-of-nobody', { ...NOTHING, folder: FOLDER }],
  ['container-taken', { ...NOTHING, othersContainer: true }],
  ['record-damaged', { ...OURS, record: { damaged: 'no JSON' } }],
] as const)(
  'an account that is not ours to touch waits for the end of its cause: %s',
  (cause, facts) => {
    expect(stateOf(facts)).toMatchObject({ state: 'foreign', cause });
  },
);

test('our shell without our record, or our record with another shell or id, is not ours', () => {
  expect(reasonOf({ ...NOTHING, ...unixWith() })).toMatch(/not ours/);
  const passwd = userLine({ shell: '/bin/bash' });
  expect(reasonOf({ ...OURS, ...unixWith({ passwd }) })).toMatch(/login shell \/bin\/bash/);
  expect(reasonOf({ ...OURS, ...unixWith({ passwd: userLine({ id: 7 }) }) })).toMatch(/id 7/);
});

test('a damaged record is shown with its damage, and nothing is done', () => {
  expect(reasonOf({ ...OURS, record: { damaged: 'no JSON' } })).toMatch(/damaged: no JSON/);
});

test('a record whose user has gone is an account to be repaired or removed', () => {
  expect(stateOf({ ...OURS, ...unixWith(NOBODY) })).toMatchObject({
    state: 'running',
    user: 'none',
    login: false,
    idTakenBy: undefined,
  });
});

test('a user id that another user has too is not ours to act on', () => {
  const unix = unixWith({ passwd: userLine() + BOB });
  expect(reasonOf({ ...OURS, ...unix })).toMatch(/user id 30002 is also that of user bob/);
});

test('where our user has gone, whoever has its id by now is told', () => {
  const unix = unixWith({ ...NOBODY, passwd: BOB });
  expect(stateOf({ ...OURS, ...unix })).toMatchObject({ user: 'none', idTakenBy: 'bob' });
  expect(stateOf({ ...NOTHING, ...unix, kept: [KEPT] })).toMatchObject({ idTakenBy: 'bob' });
});

test('where our id range is not registered, whoever has ids of it by now is told', () => {
  const lxd = `lxd:${base + 7}:1000\n`;
  const gone = { ...unixWith({ subuid: lxd, subgid: '' }) };
  expect(stateOf({ ...OURS, ...gone })).toMatchObject({
    range: false,
    rangeTakenBy: 'lxd (/etc/subuid line 1)',
  });
  expect(stateOf({ ...OURS, ...unixWith({ subuid: '', subgid: '' }) })).toMatchObject({
    range: false,
    rangeTakenBy: undefined,
  });
});

test('a user that useradd was cut short of is half-made, and has no logins', () => {
  const unix = unixWith({ shadow: SHADOW });
  expect(stateOf({ ...OURS, ...unix })).toMatchObject({ user: 'half-made', login: false });
});

test('a user with the id range of another slot is half-made', () => {
  const stray = `${SIRIUS}:${idsOf(slot(5), POLICY).base}:65536\n`;
  const unix = unixWith({ subuid: stray + RANGE });
  expect(stateOf({ ...OURS, ...unix })).toMatchObject({ user: 'half-made' });
});

test('a user that userdel was cut short of is half-removed', () => {
  const remains = [{ shadow: SHADOW + LOGIN }, { subuid: RANGE }, { subgid: RANGE }];
  for (const remain of remains) {
    const unix = unixWith({ ...NOBODY, ...remain });
    expect(stateOf({ ...OURS, ...unix })).toMatchObject({ user: 'half-removed', login: false });
  }
});

test('files count as made when their project is set; half-made ones are seen beside whole kept ones', () => {
  const half = { ...FOLDER, project: 0 };
  expect(stateOf({ ...OURS, folder: half })).toMatchObject({
    files: { where: 'none' },
    halfMade: true,
    initscript: undefined,
    unit: false,
  });
  expect(stateOf({ ...OURS, folder: half, kept: [KEPT] })).toMatchObject({
    files: { where: 'kept', since: 1000 },
    halfMade: true,
  });
  expect(stateOf({ ...OURS, folder: undefined, kept: [KEPT] })).toMatchObject({
    files: { where: 'kept', since: 1000 },
    halfMade: false,
  });
});

test('kept files of which a purge has taken some are told as such, with their slot', () => {
  const remnant = { ...KEPT, image: undefined };
  expect(stateOf({ ...NOTHING, kept: [remnant] })).toEqual({ state: 'kept', ...remnant });
  const newer = { ...KEPT, since: epochSeconds(2000) };
  expect(stateOf({ ...NOTHING, kept: [remnant, newer] })).toMatchObject({ since: 1000 });
  expect(stateOf({ ...OURS, folder: undefined, kept: [remnant] })).toMatchObject({
    files: { where: 'none' },
  });
});

test("a unit's settings count only as they should be now", () => {
  const folder = { ...FOLDER, unitSettings: 'NODEMGR_BASE=0\n' };
  expect(stateOf({ ...OURS, folder })).toMatchObject({ unit: false });
});

test('a delegate is known by its shell, its keys and its login', () => {
  const unix = unixWith({
    ...NOBODY,
    passwd: userLine({ shell: LAYOUT.delegateShell }),
    shadow: `${SHADOW}${SIRIUS}:!:20000:0:99999:7::1:\n`,
  });
  const record = { type: 'delegate' as const, slot: slot(2) };
  expect(stateOf({ ...NOTHING, record, ...unix })).toEqual({
    state: 'delegate',
    slot: 2,
    user: 'whole',
    keys: undefined,
    login: false,
  });
});

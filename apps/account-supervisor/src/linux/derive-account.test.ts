import { epochSeconds, kib } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { idsOf, slot } from '../account-ids.ts';
import { IMAGE, POLICY, SIRIUS, WEIGHT } from '../builders.test-support.ts';
import { contentOf } from '../desired-account.ts';
import type { MachineLayout } from '../layout.ts';
import { unitSettings } from '../render-sliver-step.ts';
import { type AccountFacts, deriveAccount, type FolderFacts } from './derive-account.ts';

const LAYOUT: MachineLayout = {
  stateDir: '/var/lib/nodemgr',
  sliverShell: '/usr/lib/nodemgr/sliver-shell',
  delegateShell: '/usr/lib/nodemgr/forward_api_calls',
};
const { uid, base, project } = idsOf(slot(2), POLICY);
const LIMITS = { cpuWeight: WEIGHT, memoryMax: kib(0), tasksMax: 4096 };
const FOLDER: FolderFacts = {
  image: IMAGE,
  project,
  unitSettings: unitSettings(SIRIUS, base, IMAGE),
  initscript: contentOf('').digest,
};
const OURS: AccountFacts = {
  record: { type: 'sliver', slot: slot(2) },
  user: { uid, shell: LAYOUT.sliverShell, expires: false },
  hasRange: (first) => first === base,
  folder: FOLDER,
  kept: undefined,
  keys: contentOf('key\n').digest,
  starts: 1,
  unit: { active: true, ailing: undefined, limits: undefined },
  limits: LIMITS,
  diskQuota: 5_000_000,
  othersContainer: false,
};
const NOTHING: AccountFacts = {
  ...OURS,
  record: 'none',
  user: undefined,
  folder: undefined,
  keys: undefined,
  unit: undefined,
  limits: undefined,
  diskQuota: 0,
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
    user: true,
    range: true,
    files: { where: 'in-place', image: IMAGE },
    diskQuota: 5_000_000,
    initscript: contentOf('').digest,
    keys: contentOf('key\n').digest,
    unit: true,
    limits: LIMITS,
    login: true,
    starts: 1,
  });
});

test('what the kernel enforces counts before what systemd was told', () => {
  const unit = { active: true, ailing: undefined, limits: { ...LIMITS, tasksMax: 7 } };
  expect(stateOf({ ...OURS, unit })).toMatchObject({ limits: LIMITS });
  expect(stateOf({ ...OURS, unit, limits: undefined })).toMatchObject({
    limits: { tasksMax: 7 },
  });
});

test('a name of which there is nothing is absent; files kept of it are told', () => {
  expect(stateOf(NOTHING)).toEqual({ state: 'absent' });
  expect(stateOf({ ...NOTHING, kept: KEPT })).toEqual({ state: 'kept', ...KEPT });
});

test('what is merely similar is never ours', () => {
  const person = { uid: 1000, shell: '/bin/bash', expires: false };
  expect(reasonOf({ ...NOTHING, user: person })).toMatch(/a user of that name .* not ours/);
  expect(reasonOf({ ...NOTHING, folder: FOLDER })).toMatch(/files .* no record/);
  expect(reasonOf({ ...NOTHING, othersContainer: true })).toMatch(/a container of that name/);
});

test('our shell without our record, or our record with another shell or id, is not ours', () => {
  const user = { uid, shell: LAYOUT.sliverShell, expires: false };
  expect(reasonOf({ ...NOTHING, user })).toMatch(/not ours/);
  expect(reasonOf({ ...OURS, user: { ...user, shell: '/bin/bash' } })).toMatch(
    /login shell \/bin\/bash/,
  );
  expect(reasonOf({ ...OURS, user: { ...user, uid: 7 } })).toMatch(/id 7/);
});

test('a damaged record is shown with its damage, and nothing is done', () => {
  expect(reasonOf({ ...OURS, record: { damaged: 'no JSON' } })).toMatch(/damaged: no JSON/);
});

test('a record whose user has gone is an account to be repaired or removed', () => {
  expect(stateOf({ ...OURS, user: undefined })).toMatchObject({
    state: 'running',
    user: false,
    login: false,
  });
});

test('files count as made when their project is set; half-made ones are made again', () => {
  const half = { ...FOLDER, project: 0 };
  expect(stateOf({ ...OURS, folder: half })).toMatchObject({
    files: { where: 'none' },
    initscript: undefined,
    unit: false,
  });
  expect(stateOf({ ...OURS, folder: half, kept: KEPT })).toMatchObject({
    files: { where: 'none' },
  });
  expect(stateOf({ ...OURS, folder: undefined, kept: KEPT })).toMatchObject({
    files: { where: 'kept', since: 1000 },
  });
});

test("a unit's settings count only as they should be now", () => {
  const folder = { ...FOLDER, unitSettings: 'NODEMGR_BASE=0\n' };
  expect(stateOf({ ...OURS, folder })).toMatchObject({ unit: false });
});

test('a delegate is known by its shell, its keys and its login', () => {
  const user = { uid, shell: LAYOUT.delegateShell, expires: true };
  const record = { type: 'delegate' as const, slot: slot(2) };
  expect(stateOf({ ...NOTHING, record, user })).toEqual({
    state: 'delegate',
    slot: 2,
    user: true,
    keys: undefined,
    login: false,
  });
});

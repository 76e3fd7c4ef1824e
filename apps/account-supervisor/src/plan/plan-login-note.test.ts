/** What whoever logs in to a sliver that cannot be entered is told, and when the note of it is written. */
import type { Failure } from '@nodemgr/contracts';
import { accountName, epochSeconds, NO_LOCAL_FACTS } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { restOf } from '../desired/reasons.ts';
import { type LoginNote, MAX_NOTE_LINE } from '../observed/login-note.ts';
import { ABSENT, newSliver, type ObservedAccount } from '../observed/observed-account.ts';
import { idsOf, slot } from '../slots/account-ids.ts';
import {
  aRunningSliver,
  aSliver,
  circumstances,
  IMAGE,
  LEFT_OUT,
  POLICY,
  SIRIUS,
  WEIGHT,
  wantedSliver,
} from '../test-support/builders.test-support.ts';
import type { Circumstances, Target } from './account-plan.ts';
import { applyStep } from './apply-step.ts';
import { planAccount } from './plan-account.ts';
import { noteOn, type Obstacle } from './plan-login-note.ts';

const AT = epochSeconds(1_700_000_000);
const T = '2023-11-14T22:13:20Z';
const FAILURE: Failure = {
  code: 'account',
  subject: SIRIUS,
  outcome: 'failing',
  action: 'start-unit',
  reason: 'the disk is on fire',
  attempts: 2,
  since: 1_700_000_000_500,
};
const failing = (failure: Partial<Failure> = {}, isNew = false): Obstacle => ({
  cause: 'failing',
  failure: { ...FAILURE, ...failure },
  isNew,
});

test.each<[string, Obstacle, string]>([
  [
    'that was stopped says by whom and when, and what starts it',
    { cause: 'stopped', caller: 'sliver princeton_eisentest', at: AT },
    `is stopped by Stop, called by sliver princeton_eisentest at ${T}; 'ssh princeton_sirius@node start' starts it`,
  ],
  [
    'that is disabled says by whom and since when, and that nobody else can change that',
    { cause: 'disabled', source: 'plc' },
    `is disabled by PLC since ${T}: nm_enabled is 0, which nobody else can change`,
  ],
  [
    'that rests for a lease says whose, and that it comes up again',
    { cause: 'leases', why: 'mit_dht has the node by a lease' },
    `rests since ${T}: mit_dht has the node by a lease; it starts again by itself`,
  ],
  [
    'that cannot be started says at what that fails, and who can see why',
    failing(),
    `cannot be started since ${T} (start-unit: the disk is on fire); it is tried again by itself, and the node's operator sees why`,
  ],
  [
    'that could not be made yet says so',
    failing({ action: 'create-filesystem' }, true),
    `cannot be made since ${T} (create-filesystem: the disk is on fire); it is tried again by itself, and the node's operator sees why`,
  ],
  [
    'that something else is in the way of does not say what, which may be another tenant’s',
    failing({ outcome: 'blocked', reason: 'the largest are mit_dht 2 MiB' }),
    `cannot be started since ${T}; it is tried again by itself, and the node's operator sees why`,
  ],
  [
    'whose user cannot be made does not say whose id that would be',
    failing({ action: 'create-user', reason: 'user id 30001 belongs to bob' }, true),
    `cannot be made since ${T}; it is tried again by itself, and the node's operator sees why`,
  ],
  [
    'that ends again and again says how',
    failing({ action: 'run', reason: 'its init exits with 1' }),
    `cannot be started since ${T} (run: its init exits with 1); it is tried again by itself, and the node's operator sees why`,
  ],
  [
    'that goes says why',
    { cause: 'removal', why: 'its record has expired' },
    `is being removed since ${T}: its record has expired`,
  ],
  [
    'that has expired says by when, and until when it can have its files back',
    { cause: 'expired', expirySeenAt: AT, filesUntil: epochSeconds(1_700_086_400) },
    `had expired by ${T}; its files are kept until 2023-11-15T22:13:20Z, and it comes back with them if its slice is renewed by then`,
  ],
])('the note on a sliver %s', (_what, obstacle, line) => {
  expect(noteOn(SIRIUS, obstacle, AT)).toEqual({ cause: obstacle.cause, since: AT, line });
});

test('the note on a sliver that was stopped before callers were noted says what is known', () => {
  expect(noteOn(SIRIUS, { cause: 'stopped' }, undefined).line).toBe(
    "is stopped by Stop; 'ssh princeton_sirius@node start' starts it",
  );
});

test('the line of a note is printable ASCII and fits, whatever a reason has in it', () => {
  const reason = `it’s “off” → \x1b[2J\n${'x'.repeat(1000)}`;
  const { line } = noteOn(accountName(`a_${'b'.repeat(30)}`), failing({ reason }), AT);
  expect(line).toContain("(start-unit: it's ?off? -> ?[2J xxx");
  expect(line).toMatch(/^[\x20-\x7e]+$/);
  expect(line).toContain(' ...); it is tried again');
  expect(line.length).toBeLessThanOrEqual(MAX_NOTE_LINE);
  const caller = `delegate ${'d'.repeat(55)}`;
  const longest = noteOn(SIRIUS, { cause: 'stopped', caller, at: AT }, AT);
  expect(longest.line).toMatch(/ starts it$/);
});

test('what an item of the feed says of a rest is what its note is about', () => {
  const local = { ...NO_LOCAL_FACTS, stopped: true, stopped_by: 'root', stopped_at: AT };
  expect(restOf(aSliver(SIRIUS, { local }))).toEqual({ cause: 'stopped', caller: 'root', at: AT });
  expect(restOf(aSliver(SIRIUS, { local, effective: { nm_enabled: 0 } }))).toEqual({
    cause: 'disabled',
    source: 'plc',
  });
  expect(restOf(aSliver(SIRIUS, { lease: { standing: 'rests' } }))).toEqual({
    cause: 'leases',
    why: 'it has no lease now',
  });
  expect(restOf(aSliver())).toBeUndefined();
});

const ids = idsOf(slot(0), POLICY);
const toExist = (wanted = wantedSliver()): Target => ({
  wanted,
  ids,
  shared: { cpuWeight: WEIGHT },
});
const DISABLED = toExist(
  wantedSliver({ run: false, login: false, rest: { cause: 'disabled', source: 'plc' } }),
);
const STOPPED = toExist(
  wantedSliver({ run: false, rest: { cause: 'stopped', caller: 'root', at: AT } }),
);
const GOES: Target = { wanted: 'nothing', reason: LEFT_OUT };
const STOPPED_NOTE: LoginNote = {
  cause: 'stopped',
  since: AT,
  line: `is stopped by Stop, called by root at ${T}; 'ssh princeton_sirius@node start' starts it`,
};
const FAILING_NOTE: LoginNote = { cause: 'failing', since: AT, line: 'cannot be started' };

const stepsOf = (target: Target, observed: ObservedAccount, changes: Partial<Circumstances> = {}) =>
  planAccount(target, observed, { ...circumstances(), ...changes }).steps.map(({ step }) => step);
const namesOf = (...given: Parameters<typeof stepsOf>) => stepsOf(...given).map(({ step }) => step);

test('whoever is logged in is told before the sliver stops, and nothing is told twice', () => {
  expect(stepsOf(STOPPED, aRunningSliver())).toEqual([
    { step: 'tell-logins', note: STOPPED_NOTE },
    { step: 'stop-unit' },
  ]);
  const done = stepsOf(STOPPED, aRunningSliver()).reduce(applyStep, aRunningSliver());
  expect(stepsOf(STOPPED, done)).toEqual([]);
  expect(namesOf(DISABLED, aRunningSliver())).toEqual(['tell-logins', 'deny-login', 'stop-unit']);
  expect(namesOf(GOES, aRunningSliver()).slice(0, 3)).toEqual([
    'tell-logins',
    'remove-keys',
    'stop-unit',
  ]);
});

test('a sliver that is made and is not to run has its note once it has its record', () => {
  expect(namesOf(DISABLED, ABSENT).slice(0, 3)).toEqual([
    'create-user',
    'tell-logins',
    'create-filesystem',
  ]);
});

test('a sliver that is made or started has no note, and costs no step for it', () => {
  expect(namesOf(toExist(), ABSENT)).not.toContain('tell-logins');
  const stopped = aRunningSliver({ state: 'stopped' });
  expect(namesOf(toExist(), stopped)).toEqual(['start-unit']);
});

test('what was told of a stop is taken back before the sliver starts again', () => {
  const stopped = aRunningSliver({ state: 'stopped', loginNote: STOPPED_NOTE });
  expect(namesOf(toExist(), stopped)).toEqual(['untell-logins', 'start-unit']);
});

test('a note that somebody has changed is written anew', () => {
  const loginNote = { cause: 'unknown', line: '' } as const;
  const changed = aRunningSliver({ state: 'stopped', loginNote });
  expect(stepsOf(STOPPED, changed)).toEqual([{ step: 'tell-logins', note: STOPPED_NOTE }]);
});

test('what began at a time that nobody has told began when it was first noted', () => {
  const now = epochSeconds(20_000);
  const noted = (since: number | undefined): ObservedAccount =>
    aRunningSliver({
      state: 'stopped',
      login: false,
      loginNote: noteOn(
        SIRIUS,
        { cause: 'disabled', source: 'plc' },
        since === undefined ? undefined : epochSeconds(since),
      ),
    });
  expect(stepsOf(DISABLED, noted(10_000), { now })).toEqual([]);
  expect(stepsOf(DISABLED, noted(undefined), { now })).toEqual([]);
  const [told] = stepsOf(DISABLED, aRunningSliver(), { now });
  expect(told).toMatchObject({ note: { since: now } });
  const [untrusted] = stepsOf(DISABLED, aRunningSliver(), { now, clockTrusted: false });
  expect(untrusted).toMatchObject({
    note: { since: undefined, line: expect.stringMatching(/^is disabled by PLC:/) },
  });
});

test('a sliver that could not be started says so from the second attempt on, until it runs', () => {
  const stopped = aRunningSliver({ state: 'stopped' });
  const steps = stepsOf(toExist(), stopped, { lastFailure: FAILURE });
  expect(steps).toMatchObject([
    {
      step: 'tell-logins',
      note: { cause: 'failing', since: AT, line: expect.stringContaining('the disk is on fire') },
    },
    { step: 'start-unit' },
  ]);
  const up = steps.reduce(applyStep, stopped);
  expect(up).toMatchObject({ state: 'running', loginNote: undefined });
  expect(stepsOf(toExist(), up, { lastFailure: FAILURE })).toEqual([]);
});

test('a sliver that ends again and again says so; once it works that is taken back', () => {
  const ailing = aRunningSliver({ ailing: 'it ends again and again' });
  expect(stepsOf(toExist(), ailing, { lastFailure: FAILURE })).toMatchObject([
    { step: 'tell-logins' },
  ]);
  expect(stepsOf(toExist(), { ...ailing, loginNote: FAILING_NOTE })).toEqual([]);
  const works = aRunningSliver({ loginNote: FAILING_NOTE });
  expect(namesOf(toExist(), works)).toEqual(['untell-logins']);
});

test('a sliver that fails after a restart of ours has failed since it was first noted', () => {
  const loginNote = { ...FAILING_NOTE, since: epochSeconds(1_600_000_000) };
  const stopped = aRunningSliver({ state: 'stopped', loginNote });
  const [told] = stepsOf(toExist(), stopped, { lastFailure: FAILURE });
  expect(told).toMatchObject({ note: { since: 1_600_000_000 } });
});

test('a sliver that was made and is blocked now says so', () => {
  const target: Target = { wanted: wantedSliver(), ids: undefined };
  const stopped = aRunningSliver({ state: 'stopped' });
  const lastFailure: Failure = { ...FAILURE, outcome: 'blocked', action: 'create' };
  const { steps, unmet } = planAccount(target, stopped, { ...circumstances(), lastFailure });
  expect(steps).toMatchObject([{ step: { step: 'tell-logins', note: { cause: 'failing' } } }]);
  expect(unmet).toMatchObject({ outcome: 'blocked' });
});

test('a note that could not be written holds up nothing a second time', () => {
  const lastFailure: Failure = { ...FAILURE, action: 'tell-logins', reason: 'ENOSPC' };
  expect(namesOf(STOPPED, aRunningSliver(), { lastFailure })).toEqual(['stop-unit', 'tell-logins']);
  expect(namesOf(GOES, aRunningSliver(), { lastFailure })).not.toContain('tell-logins');
  const stopped = aRunningSliver({ state: 'stopped' });
  expect(namesOf(toExist(), stopped, { lastFailure })).toEqual(['start-unit']);
  expect(namesOf(DISABLED, ABSENT, { lastFailure }).at(-1)).toBe('tell-logins');
});

test('a removal that nobody can be logged in to tells nobody, and one that is withheld changes no note', () => {
  const stopped = aRunningSliver({ state: 'stopped', loginNote: STOPPED_NOTE });
  expect(namesOf(GOES, stopped)).not.toContain('tell-logins');
  expect(stepsOf({ wanted: 'unchanged' }, stopped)).toEqual([]);
  const gone = stepsOf(GOES, stopped).reduce<ObservedAccount>(applyStep, stopped);
  expect(gone).not.toHaveProperty('loginNote');
});

test('a sliver whose user id is taken is told of like any other', () => {
  const bare = {
    ...newSliver(slot(0), { where: 'in-place', image: IMAGE }),
    user: 'none',
  } as const;
  expect(namesOf(STOPPED, { ...bare, idTakenBy: 'bob' })).toEqual(['tell-logins']);
});

/**
 * Decides what whoever logs in is told while a sliver cannot be entered: in a sentence, by whom, since when, and
 * what helps. Pure. While a sliver is made or started for the first time there is no note: sliver-shell says so
 * itself, and making a sliver costs no file more.
 */
import type { Failure } from '@nodemgr/contracts';
import {
  type AccountName,
  type EpochSeconds,
  epochSeconds,
  isoTime,
  type Source,
} from '@nodemgr/records';
import type { DesiredSliver } from '../desired/desired-account.ts';
import { ours, type Reason, type Rest } from '../desired/reasons.ts';
import { type LoginNote, MAX_NOTE_LINE } from '../observed/login-note.ts';
import {
  isObservedSliver,
  isUnfinished,
  type ObservedAccount,
  type ObservedSliver,
} from '../observed/observed-account.ts';
import type { AccountPlan, Circumstances, ReasonedStep, Target } from './account-plan.ts';
import type { AccountStep, StepName } from './account-steps.ts';
import { type Retirement, retirementOf } from './plan-removal.ts';

/** Why a sliver cannot be entered. */
export type Obstacle =
  | Rest
  | {
      readonly cause: 'failing';
      readonly failure: Pick<Failure, 'outcome' | 'action' | 'reason' | 'since'>;
      /** Whether it has never been made to its end. */
      readonly isNew: boolean;
    }
  | { readonly cause: 'removal'; readonly why: string }
  | ({ readonly cause: 'expired' } & Retirement);

const AUTHORITIES: Readonly<Record<Source, string>> = {
  plc: 'PLC',
  config: "the node's configuration",
  ticket: 'its ticket',
};
/** Characters of a reason that are told. */
const MAX_REASON = 160;

const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 4)} ...`;

/** A terminal is to show it, whatever it can: reasons quote what programs have said. */
function asAscii(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\u2018\u2019]/g, "'")
    .replaceAll('→', '->')
    .replaceAll('…', '...')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim();
}

const sinceText = (since: EpochSeconds | undefined): string =>
  since === undefined ? '' : ` since ${isoTime(since)}`;

/**
 * What fails by the sliver's own files and its own unit ('run': the unit ends by itself). What is in the way of
 * anything else, such as its user or a place for it, may be another tenant's: that is the operator's to know.
 */
const QUOTED: ReadonlySet<string> = new Set<StepName | 'run'>([
  'create-filesystem',
  'discard-files',
  'restore-files',
  'set-disk-quota',
  'install-initscript',
  'write-unit',
  'set-limits',
  'start-unit',
  'stop-unit',
  'run-start-scripts',
  'run',
]);

function failureText({ outcome, action, reason }: (Obstacle & { cause: 'failing' })['failure']) {
  if (outcome !== 'failing' || !QUOTED.has(action)) return '';
  return ` (${cut(asAscii(`${action}: ${reason}`), MAX_REASON)})`;
}

function sentenceOn(name: AccountName, obstacle: Obstacle, since: EpochSeconds | undefined) {
  switch (obstacle.cause) {
    case 'stopped': {
      const by = obstacle.caller === undefined ? '' : `, called by ${obstacle.caller}`;
      const at = since === undefined ? '' : ` at ${isoTime(since)}`;
      return `is stopped by Stop${by}${at}; 'ssh ${name}@node start' starts it`;
    }
    case 'disabled': {
      const authority = AUTHORITIES[obstacle.source];
      return `is disabled by ${authority}${sinceText(since)}: nm_enabled is 0, which nobody else can change`;
    }
    case 'leases':
      return `rests${sinceText(since)}: ${obstacle.why}; it starts again by itself`;
    case 'failing': {
      const verb = obstacle.isNew ? 'made' : 'started';
      return `cannot be ${verb}${sinceText(since)}${failureText(obstacle.failure)}; it is tried again by itself, and the node's operator sees why`;
    }
    case 'removal':
      return `is being removed${sinceText(since)}: ${obstacle.why}`;
    case 'expired':
      return `had expired by ${isoTime(obstacle.expirySeenAt)}; its files are kept until ${isoTime(obstacle.filesUntil)}, and it comes back with them if its slice is renewed by then`;
  }
}

/** noteOn returns what whoever logs in to the sliver `name` is told of an obstacle. */
export function noteOn(
  name: AccountName,
  obstacle: Obstacle,
  since: EpochSeconds | undefined,
): LoginNote {
  const line = cut(asAscii(sentenceOn(name, obstacle, since)), MAX_NOTE_LINE);
  return { cause: obstacle.cause, since, line };
}

type Wanted = Obstacle | 'none' | 'as it is';

function obstacleToSliver(
  wanted: DesiredSliver,
  have: ObservedSliver | undefined,
  { lastFailure }: Circumstances,
): Wanted {
  if (!wanted.run) return wanted.rest ?? 'as it is';
  const isUp = have?.state === 'running' && have.ailing === undefined;
  if (have === undefined || isUp) return 'none';
  if (lastFailure !== undefined && lastFailure.action !== 'tell-logins') {
    return { cause: 'failing', failure: lastFailure, isNew: isUnfinished(have) };
  }
  // Of before this process was started, or of before the first of several things was mended.
  return have.loginNote?.cause === 'failing' ? 'as it is' : 'none';
}

function obstacleTo(
  target: Target,
  have: ObservedSliver | undefined,
  circumstances: Circumstances,
): Wanted {
  if (target.wanted === 'unchanged') return 'as it is';
  if (target.wanted === 'nothing') {
    if (have === undefined) return 'as it is';
    const retirement = retirementOf(target, have, circumstances);
    if (retirement !== undefined) return { cause: 'expired', ...retirement };
    // It is for those who are logged in: nobody else can, once the keys are gone.
    return have.state === 'running' ? { cause: 'removal', why: target.reason.why } : 'as it is';
  }
  if (target.wanted.type === 'delegate') return 'as it is';
  return obstacleToSliver(target.wanted, have, circumstances);
}

/** What has begun at a time that nobody told has begun when it was noted first. */
function sinceOf(
  obstacle: Obstacle,
  noted: LoginNote | undefined,
  { now, clockTrusted }: Circumstances,
): EpochSeconds | undefined {
  if (obstacle.cause === 'stopped') return obstacle.at;
  if (obstacle.cause === 'expired') return obstacle.expirySeenAt;
  if (noted?.cause === obstacle.cause) return noted.since;
  if (!clockTrusted) return undefined;
  return obstacle.cause === 'failing'
    ? epochSeconds(Math.floor(obstacle.failure.since / 1000))
    : now;
}

const isSame = (one: LoginNote | undefined, { cause, since, line }: LoginNote): boolean =>
  one?.cause === cause && one.since === since && one.line === line;

const TOLD = ours('whoever logs in is told why that is in vain');

/** A note on what is done to the sliver is a part of that. */
function reasonToTell(target: Target): Reason {
  if (target.wanted === 'nothing') return target.reason;
  if (target.wanted === 'unchanged' || target.wanted.type === 'delegate') return TOLD;
  return target.wanted.run ? TOLD : target.wanted.stopReason;
}

const UNTOLD: ReasonedStep = { step: { step: 'untell-logins' }, reason: TOLD };

/**
 * Where the note's step belongs: before all else, so that those who are logged in when the sliver stops are told
 * too; of a new sliver, once there is a record that says whose it is. Without the note that it has expired the keys
 * that it had last are good for Start and Stop again: those of now come first. Undefined: there is no such place.
 */
function placeIn(
  steps: AccountPlan['steps'],
  have: ObservedSliver | undefined,
): number | undefined {
  const after = (which: (step: AccountStep) => boolean): number =>
    steps.findIndex(({ step }) => which(step)) + 1;
  if (have?.loginNote?.cause === 'expired') return after(({ step }) => step === 'install-keys');
  if (have !== undefined) return 0;
  return after((one) => one.step === 'create-user' && one.type === 'sliver') || undefined;
}

function inserted(steps: AccountPlan['steps'], place: number, step: ReasonedStep) {
  return [...steps.slice(0, place), step, ...steps.slice(place)];
}

/**
 * The note in its place. One that could not be written the last time holds up nothing again: it comes last, and
 * where that would be too late, not at all.
 */
function withStep(
  { steps, ...rest }: AccountPlan,
  told: ReasonedStep,
  have: ObservedSliver | undefined,
  outlastsPlan: boolean,
  { lastFailure }: Circumstances,
): AccountPlan {
  const place = placeIn(steps, have);
  if (place === undefined) return { steps, ...rest };
  if (lastFailure?.action === 'tell-logins') {
    const isLate = !outlastsPlan || steps.some(({ step }) => step.step === 'remove-user');
    return { ...rest, steps: isLate ? steps : [...steps, told] };
  }
  return { ...rest, steps: inserted(steps, place, told) };
}

/** withLoginNote returns the plan with the step that brings the note for logins in line. */
export function withLoginNote(
  plan: AccountPlan,
  target: Target,
  observed: ObservedAccount,
  circumstances: Circumstances,
): AccountPlan {
  const have = isObservedSliver(observed) ? observed : undefined;
  const obstacle = obstacleTo(target, have, circumstances);
  if (obstacle === 'as it is') return plan;
  if (obstacle === 'none') {
    if (have?.loginNote === undefined) return plan;
    return { ...plan, steps: inserted(plan.steps, placeIn(plan.steps, have) ?? 0, UNTOLD) };
  }
  const { loginNote: noted } = have ?? {};
  const note = noteOn(circumstances.name, obstacle, sinceOf(obstacle, noted, circumstances));
  if (isSame(noted, note)) return plan;
  const told: ReasonedStep = { step: { step: 'tell-logins', note }, reason: reasonToTell(target) };
  const outlastsPlan = obstacle.cause !== 'failing' && obstacle.cause !== 'removal';
  return withStep(plan, told, have, outlastsPlan, circumstances);
}

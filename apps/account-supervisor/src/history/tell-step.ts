/**
 * What a step that was carried out means to people: the few that make an account are told as one, and
 * a change with its old and its new value. Pure.
 */
import type { EventContent } from '@nodemgr/contracts';
import { isoTime } from '@nodemgr/records';
import { shouldExist } from '../desired/desired-account.ts';
import { inodeLimit } from '../limits/inode-limit.ts';
import { changeText, type Limits, UNIT_LIMITS } from '../limits/table.ts';
import { isObservedSliver, type ObservedAccount, UNDATED } from '../observed/observed-account.ts';
import type { AccountStep, StepOf } from '../plan/account-steps.ts';
import {
  type Subject,
  type Word,
  wordToExist,
  wordToGo,
  wordToMakeWay,
  wordToStart,
  wordToStop,
} from './word-on-account.ts';

export type Told = Pick<EventContent, 'what' | 'why' | 'by'>;

const BY_US: Word['by'] = { kind: 'supervisor' };

const changed = (why: string, by: Word['by']): Told => ({ what: 'account-changed', why, by });

/** Whether the account is still being made: then what is done to it is part of that. */
function isUnfinished(before: ObservedAccount): boolean {
  if (before.state === 'delegate') return before.keys === undefined;
  if (!isObservedSliver(before)) return true;
  return !before.unit || before.limits.diskQuota === undefined || before.keys === undefined;
}

const tellTime = (seconds: number): string =>
  seconds === UNDATED ? 'a time when the clock was not trusted' : isoTime(seconds);

/** Those that follow from the sliver's own RSpec are told together, the others each by itself. */
function limitsTold({ limits }: StepOf<'set-limits'>, was: Limits, word: Word): readonly Told[] {
  const own: string[] = [];
  const shared: Told[] = [];
  for (const [name, limit] of UNIT_LIMITS) {
    const [before, now] = [was[name], limits[name]];
    if (before === undefined || now === undefined) continue;
    const text = changeText(name, before, now);
    if ('wanted' in limit) own.push(text);
    else shared.push({ what: limit.told.what, why: `${text}, ${limit.told.why}`, by: BY_US });
  }
  return own.length === 0
    ? shared
    : [changed(`${own.join(', ')}: ${word.why}`, word.by), ...shared];
}

function quotaTold({ quota }: StepOf<'set-disk-quota'>, was: Limits | undefined, word: Word): Told {
  const before = was?.diskQuota ?? 0;
  return before === quota
    ? changed(`limit of files set to ${inodeLimit(quota)}, as its disk quota has it`, BY_US)
    : changed(`${changeText('diskQuota', before, quota)}: ${word.why}`, word.by);
}

/** Steps that make an account or mend it. */
function tellRepair(step: AccountStep, before: ObservedAccount, word: Word): readonly Told[] {
  const sliver = isObservedSliver(before) ? before : undefined;
  switch (step.step) {
    case 'create-user':
      return [changed('its user had gone and is made again', BY_US)];
    case 'set-id-range':
      return [changed('its id range had gone and is registered again', BY_US)];
    case 'write-unit':
      return [changed("its unit's settings are written again", BY_US)];
    case 'create-filesystem':
      return [changed(`its files had gone and are made again on ${step.image}`, BY_US)];
    case 'install-keys':
      return [changed(`ssh keys replaced: ${word.why}`, word.by)];
    case 'install-initscript':
      return [changed(`start script replaced: ${word.why}`, word.by)];
    case 'set-disk-quota':
      return [quotaTold(step, sliver?.limits, word)];
    case 'set-limits':
      return limitsTold(step, sliver?.limits ?? {}, word);
    case 'allow-login':
      return [changed(`logins are let in: ${word.why}`, word.by)];
    default:
      return [];
  }
}

/** tellStep returns what `step` did; `before` is the account as it was when the plan began. */
export function tellStep(
  step: AccountStep,
  before: ObservedAccount,
  subject: Subject,
): readonly Told[] {
  const isNew = isUnfinished(before);
  switch (step.step) {
    case 'create-user': {
      const { why, by } = wordToExist({ ...subject, type: step.type });
      if (!isNew || isObservedSliver(before)) return tellRepair(step, before, { why, by });
      return [{ what: 'account-made', why: `${why}: a ${step.type}, user id ${step.ids.uid}`, by }];
    }
    case 'start-unit':
      return [{ what: 'sliver-started', ...wordToStart(subject, before) }];
    case 'run-start-scripts':
      return [{ what: 'scripts-run', ...wordToStart(subject, before) }];
    case 'stop-unit':
      return [{ what: 'sliver-stopped', ...wordToStop(subject) }];
    case 'deny-login': {
      const { why, by } = wordToStop(subject);
      // Whoever is removed is not told besides that logins are refused.
      return shouldExist(subject.item) ? [changed(`logins are refused: ${why}`, by)] : [];
    }
    case 'keep-files':
      return [{ what: 'files-kept', ...wordToGo(subject) }];
    case 'restore-files':
      return [
        {
          what: 'files-restored',
          why: `kept since ${tellTime(step.since)}: ${wordToExist(subject).why}`,
          by: wordToExist(subject).by,
        },
      ];
    case 'date-files': {
      const from =
        step.from === UNDATED ? tellTime(step.from) : `${tellTime(step.from)}, which is to come`;
      return [
        changed(`its files are kept since ${from}: their time begins now`, { kind: 'clock' }),
      ];
    }
    case 'purge-files':
      return [
        {
          what: 'files-purged',
          why: `kept since ${tellTime(step.since)}, and their time is over`,
          by: { kind: 'clock' },
        },
      ];
    case 'remove-user':
      return [{ what: 'account-removed', ...wordToMakeWay(subject, step.ids !== undefined) }];
    default:
      return isNew ? [] : tellRepair(step, before, wordToExist(subject));
  }
}

/**
 * Describes a step that was carried out for people: the few that make an account are one event, and
 * a change with its old and its new value. Why it was taken is the step's own. Pure.
 */
import type { EventContent } from '@nodemgr/contracts';
import { isoTime } from '@nodemgr/records';
import { ours, type Reason } from '../desired/reasons.ts';
import { inodeLimit } from '../limits/inode-limit.ts';
import { changeText, type Limits, QUOTA_LIMITS, UNIT_LIMITS } from '../limits/table.ts';
import { isObservedSliver, isUnfinished } from '../observed/observed-account.ts';
import type { StepOf } from '../plan/account-steps.ts';
import type { DecidedStep } from '../plan/decide-account.ts';
import { sinceText } from '../plan/plan-removal.ts';

export type Description = Pick<EventContent, 'what' | 'why' | 'by' | 'resources'>;

const changed = (what: string, { by }: Reason): Description => ({
  what: 'account-changed',
  why: what,
  by,
});

const resourcesOf = (limits: typeof UNIT_LIMITS | typeof QUOTA_LIMITS): string[] =>
  limits.flatMap(([, { resources }]) => resources);

/** Changes that follow from the sliver's own RSpec are one event, the others one each. */
function limitsChange(
  { limits }: StepOf<'set-limits'>,
  was: Limits,
  reason: Reason,
): readonly Description[] {
  const own: string[] = [];
  const resources: string[] = [];
  const shared: Description[] = [];
  for (const [name, limit] of UNIT_LIMITS) {
    const [before, now] = [was[name] ?? limit.unset, limits[name]];
    if (before === undefined || now === undefined) continue;
    const text = changeText(name, before, now);
    if ('wanted' in limit) {
      own.push(text);
      resources.push(...limit.resources);
    } else {
      const { what, why } = limit.told;
      shared.push({ what, ...ours(`${text}, ${why}`), resources: [...limit.resources] });
    }
  }
  if (own.length === 0) return shared;
  return [{ ...changed(`${own.join(', ')}: ${reason.why}`, reason), resources }, ...shared];
}

function quotaChange(
  { quota }: StepOf<'set-disk-quota'>,
  was: Limits | undefined,
  reason: Reason,
): Description {
  const before = was?.diskQuota ?? 0;
  return before === quota
    ? changed(`limit of files set to ${inodeLimit(quota)}, ${reason.why}`, reason)
    : {
        ...changed(`${changeText('diskQuota', before, quota)}: ${reason.why}`, reason),
        resources: resourcesOf(QUOTA_LIMITS),
      };
}

/** Steps that mend or change an account that was there before. */
function describeChange({ step, reason, before }: DecidedStep): readonly Description[] {
  const { why } = reason;
  const was = isObservedSliver(before) ? before.limits : undefined;
  switch (step.step) {
    case 'create-user':
      return [changed(`${why} and is made again`, reason)];
    case 'set-id-range':
      return [changed(`${why} and is registered again`, reason)];
    case 'create-filesystem':
      return [changed(`${why} and are made again on ${step.image}`, reason)];
    case 'install-keys':
      return [changed(`ssh keys replaced: ${why}`, reason)];
    case 'install-initscript':
      return [changed(`start script replaced: ${why}`, reason)];
    case 'set-disk-quota':
      return [quotaChange(step, was, reason)];
    case 'set-limits':
      return limitsChange(step, was ?? {}, reason);
    case 'allow-login':
      return [changed(`logins are let in: ${why}`, reason)];
    default:
      return [];
  }
}

/** describeStep returns what a step did. */
export function describeStep(decided: DecidedStep): readonly Description[] {
  const { step, reason, before } = decided;
  const isNew = isUnfinished(before);
  switch (step.step) {
    case 'create-user': {
      if (!isNew || isObservedSliver(before)) return describeChange(decided);
      const { why, by } = reason;
      const made = `${why}: a ${step.type}, user id ${step.ids.uid}`;
      // Its quota is set as a part of making it, which is no event of its own.
      const quota = step.type === 'sliver' ? { resources: resourcesOf(QUOTA_LIMITS) } : {};
      return [{ what: 'account-made', why: made, by, ...quota }];
    }
    case 'start-unit':
      return [{ what: 'sliver-started', ...reason, resources: resourcesOf(UNIT_LIMITS) }];
    case 'tell-stop':
      return [
        changed(`tenants are told of its stop at ${isoTime(step.at)}: ${reason.why}`, reason),
      ];
    case 'untell-stop':
      return [changed(`tenants are told of no stop any more: ${reason.why}`, reason)];
    case 'run-start-scripts':
      return [{ what: 'scripts-run', ...reason }];
    case 'remove-keys':
      // A removal is the event of its last step.
      return [];
    case 'stop-unit':
      return [{ what: 'sliver-stopped', ...reason }];
    case 'deny-login':
      return [changed(`logins are refused: ${reason.why}`, reason)];
    case 'keep-files':
      return [{ what: 'files-kept', ...reason }];
    case 'restore-files': {
      const { why, by } = reason;
      return [{ what: 'files-restored', why: `kept since ${sinceText(step.since)}: ${why}`, by }];
    }
    case 'date-files':
      return [changed(reason.why, reason)];
    case 'purge-files':
      return [{ what: 'files-purged', ...reason }];
    case 'remove-user':
      return [{ what: 'account-removed', ...reason }];
    default:
      return isNew ? [] : describeChange(decided);
  }
}

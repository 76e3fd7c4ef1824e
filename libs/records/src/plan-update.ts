/**
 * Decides what a delivery does to the records held: what is written, what is removed, what is
 * ignored and why, or that the whole is stale or refused. Pure; db-service carries it out in one
 * transaction.
 */
import { hasExpired } from './clock.ts';
import { type GuardLimits, guardUpdate, type Protected, type Refusal } from './guard.ts';
import type { EpochSeconds, RecordKey } from './quantities.ts';
import type { DeliveredRecord, Source } from './record.ts';
import { sameContent } from './record-content.ts';

export interface HeldRecord {
  readonly record: DeliveredRecord;
  readonly source: Source;
}

/** All that one source has to say: it replaces all records of that source and no other's. */
export interface FullUpdate {
  readonly source: Source;
  readonly timestamp: EpochSeconds;
  readonly records: readonly DeliveredRecord[];
}

/** Why an account went: these are the only grounds on which one may be removed (see the README, 'Invariants'). */
export type RemovalReason = 'expired' | 'document';

export interface Removal {
  readonly record_key: RecordKey;
  readonly reason: RemovalReason;
}

export interface Ignored {
  readonly record_key: RecordKey;
  readonly why: string;
}

/** Records to write and to remove. A record that only its timestamp tells apart is not written. */
export interface RecordChanges {
  readonly puts: readonly DeliveredRecord[];
  readonly removals: readonly Removal[];
  readonly ignored: readonly Ignored[];
}

export type UpdateDecision =
  | { readonly outcome: 'stale'; readonly held_timestamp: EpochSeconds }
  | { readonly outcome: 'refused'; readonly refusal: Refusal }
  | ({
      readonly outcome: 'accepted';
      /** Records that the update names, but as over by now: its source's word on them, too. */
      readonly over: readonly DeliveredRecord[];
    } & RecordChanges);

export interface UpdateCircumstances {
  readonly held: ReadonlyMap<RecordKey, HeldRecord>;
  /** The timestamp of the last full update accepted from this source. */
  readonly heldTimestamp: EpochSeconds | undefined;
  readonly slivers: Protected;
  /** Now, if the clock is trusted; undefined expires nothing. */
  readonly now: EpochSeconds | undefined;
  /** 'allowed' when an operator has let this update through. */
  readonly guard: GuardLimits | 'allowed';
}

/** A ticket stands in until PLC itself names the slice. */
function mayReplace(held: Source, incoming: Source): boolean {
  return held === incoming || (held === 'ticket' && incoming === 'plc');
}

type Verdict = { readonly put: boolean } | { readonly ignored: string; readonly over?: true };

function judgeRecord(
  record: DeliveredRecord,
  source: Source,
  held: HeldRecord | undefined,
  now: EpochSeconds | undefined,
): Verdict {
  if (now !== undefined && hasExpired(record, now)) {
    return { ignored: 'it has already expired', over: true };
  }
  if (held === undefined) return { put: true };
  if (!mayReplace(held.source, source)) {
    return { ignored: `a record of source '${held.source}' has this key` };
  }
  if (held.source === source && record.timestamp < held.record.timestamp) {
    return { ignored: 'it is older than the record held' };
  }
  return { put: held.source !== source || !sameContent(held.record, record) };
}

interface Judged extends Pick<RecordChanges, 'puts' | 'ignored'> {
  readonly renewed: ReadonlySet<RecordKey>;
  readonly over: readonly DeliveredRecord[];
}

/** Every record of an update by itself: what is written, ignored or over, and the keys that it renews. */
function judgeRecords(
  update: FullUpdate,
  { held, now }: Pick<UpdateCircumstances, 'held' | 'now'>,
): Judged {
  const puts: DeliveredRecord[] = [];
  const ignored: Ignored[] = [];
  const over: DeliveredRecord[] = [];
  const renewed = new Set<RecordKey>();
  for (const record of update.records) {
    const { record_key } = record;
    const verdict: Verdict = renewed.has(record_key)
      ? { ignored: 'the update names it twice; the first counts' }
      : judgeRecord(record, update.source, held.get(record_key), now);
    if ('ignored' in verdict) {
      ignored.push({ record_key, why: verdict.ignored });
      if (verdict.over) over.push(record);
    } else {
      renewed.add(record_key);
      if (verdict.put) puts.push(record);
    }
  }
  return { puts, ignored, renewed, over: over.filter((each) => !renewed.has(each.record_key)) };
}

/**
 * What a source's silence about records that it has named before does to them: they go. A record
 * newer than the update stays, for the update cannot know of it.
 */
function removalsOf(
  update: FullUpdate,
  renewed: ReadonlySet<RecordKey>,
  { held, now }: Pick<UpdateCircumstances, 'held' | 'now'>,
): readonly Removal[] {
  const removals: Removal[] = [];
  for (const [record_key, { record, source }] of held) {
    if (source !== update.source || renewed.has(record_key)) continue;
    const expired = now !== undefined && hasExpired(record, now);
    if (!expired && record.timestamp > update.timestamp) continue;
    removals.push({ record_key, reason: expired ? 'expired' : 'document' });
  }
  return removals;
}

/** The removals that the guard has a say in: an expiry is nobody's mistake. */
const byDocument = (removals: readonly Removal[]): readonly RecordKey[] =>
  removals.filter(({ reason }) => reason === 'document').map(({ record_key }) => record_key);

/**
 * planFullUpdate decides on a full update. Older than the last one: stale, nothing happens. Would it
 * remove too many running slivers: refused, nothing happens. Otherwise every record of the source
 * that the update does not renew goes.
 */
export function planFullUpdate(
  update: FullUpdate,
  circumstances: UpdateCircumstances,
): UpdateDecision {
  const { heldTimestamp, slivers, guard } = circumstances;
  if (heldTimestamp !== undefined && update.timestamp < heldTimestamp) {
    return { outcome: 'stale', held_timestamp: heldTimestamp };
  }
  const { puts, ignored, renewed, over } = judgeRecords(update, circumstances);
  const removals = removalsOf(update, renewed, circumstances);
  const refusal =
    guard === 'allowed' ? undefined : guardUpdate(slivers, byDocument(removals), guard);
  if (refusal !== undefined) return { outcome: 'refused', refusal };
  return { outcome: 'accepted', puts, removals, ignored, over };
}

/** planSingleRecord decides on one record delivered by itself (a ticket). */
export function planSingleRecord(
  record: DeliveredRecord,
  source: Source,
  held: HeldRecord | undefined,
  now: EpochSeconds | undefined,
): RecordChanges {
  const { record_key } = record;
  const verdict = judgeRecord(record, source, held, now);
  return {
    puts: 'put' in verdict && verdict.put ? [record] : [],
    removals: [],
    ignored: 'ignored' in verdict ? [{ record_key, why: verdict.ignored }] : [],
  };
}

/** planExpiry names the records whose time is over. */
export function planExpiry(
  held: ReadonlyMap<RecordKey, HeldRecord>,
  now: EpochSeconds,
): readonly Removal[] {
  return [...held]
    .filter(([, { record }]) => hasExpired(record, now))
    .map(([record_key]) => ({ record_key, reason: 'expired' }));
}

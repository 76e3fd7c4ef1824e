/**
 * Decides what a delivery does to the records held: what is written, what is removed, what is
 * ignored and why, or that the whole is stale or refused. Pure; db-service carries it out in one
 * transaction.
 */
import { hasExpired } from './clock.ts';
import { type GuardLimits, guardUpdate, type Protected, type Refusal } from './guard.ts';
import type { EpochSeconds } from './quantities.ts';
import { type DeliveredRecord, isSliver, type Source } from './record.ts';
import { sameContent } from './record-content.ts';
import type { RecordKey } from './record-key.ts';

export interface HeldRecord {
  readonly record: DeliveredRecord;
  readonly source: Source;
}

/** What a source may say of a sliver in a way that nobody can use, without the record being left out for it. */
export const UNREADABLE_FIELDS = [
  'id',
  'expiry',
  'plc_instantiated',
  'ssh_keys',
  'rspec',
  'initscript',
  'image',
  'delegations',
] as const;
/** What may be unreadable of a record, whichever: of the leases their policy and their list. */
export const ALL_UNREADABLE_FIELDS = [...UNREADABLE_FIELDS, 'policy', 'leases'] as const;
export type UnreadableField = (typeof ALL_UNREADABLE_FIELDS)[number];

/** All that one source has to say: it replaces all records of that source and no other's. */
export interface FullUpdate {
  readonly source: Source;
  readonly timestamp: EpochSeconds;
  readonly records: readonly DeliveredRecord[];
  /** Fields of `records` that hold placeholders: what counts is what the record held has there. */
  readonly unreadable?: ReadonlyMap<RecordKey, readonly UnreadableField[]>;
  /** What the source names besides, in a way that is no record: what is held of these stays as it is. */
  readonly unusable?: ReadonlySet<RecordKey>;
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

/**
 * A ticket stands in until PLC itself names the slice. The node's own configuration has its way with what PLC also
 * says and it may say: a cap, or a delegate of one name. No sliver is its to take.
 */
function mayReplace({ source, record }: HeldRecord, incoming: Source): boolean {
  if (source === incoming || (source === 'ticket' && incoming === 'plc')) return true;
  return source === 'plc' && incoming === 'config' && !isSliver(record);
}

type Verdict = { readonly put: boolean } | { readonly ignored: string; readonly over?: true };

const OVER: Verdict = { ignored: 'it has already expired', over: true };

const isOverAt = (record: DeliveredRecord, now: EpochSeconds | undefined): boolean =>
  now !== undefined && hasExpired(record, now);

function judgeRecord(
  record: DeliveredRecord,
  source: Source,
  held: HeldRecord | undefined,
  now: EpochSeconds | undefined,
): Verdict {
  if (isOverAt(record, now)) return OVER;
  if (held === undefined) return { put: true };
  if (!mayReplace(held, source)) {
    return { ignored: `a record of source '${held.source}' has this key` };
  }
  if (held.source === source && record.timestamp < held.record.timestamp) {
    return { ignored: 'it is older than the record held' };
  }
  return { put: held.source !== source || !sameContent(held.record, record) };
}

/** The record with what it leaves unreadable taken from the one held; undefined when nothing is held. */
function completed(
  record: DeliveredRecord,
  fields: readonly UnreadableField[],
  held: HeldRecord | undefined,
): DeliveredRecord | undefined {
  if (fields.length === 0) return record;
  if (held === undefined) return undefined;
  const own = Object.entries(record).filter(([field]) => !isOneOf(fields, field));
  const kept = Object.entries(held.record).filter(([field]) => isOneOf(fields, field));
  // Both are records of the same kind, for they have the same key.
  return Object.fromEntries([...own, ...kept]) as unknown as DeliveredRecord;
}

const isOneOf = (fields: readonly string[], field: string): boolean => fields.includes(field);

/** A record whose id or expiry may be unreadable: then it says of neither what the record held does not. */
function judgeReadable(
  record: DeliveredRecord,
  fields: readonly UnreadableField[],
  source: Source,
  held: HeldRecord | undefined,
  now: EpochSeconds | undefined,
): { readonly verdict: Verdict; readonly record: DeliveredRecord } {
  const whole = completed(record, fields, held);
  // Nothing else of it matters, whether a record of it is held still or not any more.
  if (whole === undefined && !fields.includes('expiry') && isOverAt(record, now)) {
    return { verdict: OVER, record };
  }
  const saysNothing = fields.length === UNREADABLE_FIELDS.length;
  // What says nothing of a record takes it from nobody, either.
  if (whole === undefined || (saysNothing && held?.source !== source)) {
    const what = saysNothing ? 'nothing of it can' : `its ${fields.join(' and ')} cannot`;
    return { verdict: { ignored: `${what} be read, and no record of it is held` }, record };
  }
  const verdict = judgeRecord(whole, source, held, now);
  const isOver = 'ignored' in verdict && verdict.over === true;
  // It is over by an earlier word: this update says nothing of its end.
  const isOverBefore = isOver && fields.includes('expiry');
  return {
    verdict: isOverBefore ? { ignored: 'its last known expiry has passed' } : verdict,
    record: whole,
  };
}

interface Judged extends Pick<RecordChanges, 'puts' | 'ignored'> {
  readonly renewed: ReadonlySet<RecordKey>;
  readonly over: readonly DeliveredRecord[];
}

const TWICE: Verdict = { ignored: 'the update names it twice; the first counts' };

/** Every record of an update by itself: what is written, ignored or over, and the keys that it renews. */
function judgeRecords(
  update: FullUpdate,
  { held, now }: Pick<UpdateCircumstances, 'held' | 'now'>,
): Judged {
  const puts: DeliveredRecord[] = [];
  const ignored: Ignored[] = [];
  const over: DeliveredRecord[] = [];
  const renewed = new Set<RecordKey>();
  for (const delivered of update.records) {
    const { record_key } = delivered;
    const fields = update.unreadable?.get(record_key) ?? [];
    const { verdict, record } = renewed.has(record_key)
      ? { verdict: TWICE, record: delivered }
      : judgeReadable(delivered, fields, update.source, held.get(record_key), now);
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
 * newer than the update stays, for the update cannot know of it; and so does one that the update
 * names without describing it.
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
    const isNamed = update.unusable?.has(record_key) ?? false;
    if (!expired && (isNamed || record.timestamp > update.timestamp)) continue;
    removals.push({ record_key, reason: expired ? 'expired' : 'document' });
  }
  return removals;
}

/** The removals that the guard has a say in: an expiry is nobody's mistake. */
const byDocument = (removals: readonly Removal[]): readonly RecordKey[] =>
  removals.filter(({ reason }) => reason === 'document').map(({ record_key }) => record_key);

/** Slivers that PLC has set up until now, and that would wait for a CreateSliver from now on: as good as removed. */
const takenDown = (
  puts: readonly DeliveredRecord[],
  held: UpdateCircumstances['held'],
): readonly RecordKey[] =>
  puts
    .filter((record) => isSetUp(held.get(record.record_key)?.record) && !isSetUp(record))
    .map(({ record_key }) => record_key);

const isSetUp = (record: DeliveredRecord | undefined): boolean =>
  record !== undefined && isSliver(record) && record.plc_instantiated;

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
  const lost = [...byDocument(removals), ...takenDown(puts, circumstances.held)];
  const refusal = guard === 'allowed' ? undefined : guardUpdate(slivers, lost, guard);
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

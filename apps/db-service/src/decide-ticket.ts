/** Decides what a ticket changes once its signature has been verified. Pure. */
import type { TicketResult } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import {
  type EpochSeconds,
  type HeldRecord,
  hasExpired,
  MAX_RECORDS,
  planSingleRecord,
  type SliverRecord,
} from '@nodemgr/records';
import type { MarkTime } from './decide-expiry.ts';
import { type Decision, putRows } from './decide-update.ts';
import { lastWordOn, lastWordRows } from './derive-last-words.ts';
import { isoTime } from './derive-record-changes.ts';
import type { NodeState } from './node-state.ts';

/** What a ticket grants. The record's timestamp is when the ticket was issued. */
export interface GrantedRecord {
  readonly record: SliverRecord;
  /** SHA-256 of the ticket's bytes, in hex. */
  readonly digest: string;
}

function refuse(why: string): never {
  throw new Fault('bad-argument', `the ticket is refused: ${why}`);
}

function refuseOlder({ record_key, timestamp, name }: SliverRecord, state: NodeState): void {
  const word = lastWordOn(state, record_key);
  if (word === undefined || timestamp >= word.issued) return;
  const what = state.lastWords.has(record_key)
    ? `on ${name}, of ${isoTime(word.issued)}, has been accepted`
    : `than this node remembers, ${isoTime(word.issued)}, may have been accepted`;
  refuse(`it was issued at ${isoTime(timestamp)}, and a later word ${what}`);
}

/**
 * A clock that is not trusted ends nothing that is there, but begins nothing that is over either, by
 * the clock or by the time of an accepted document: an old ticket must not profit from a bad clock.
 */
function refuseDoubtful(record: SliverRecord, state: NodeState, now: EpochSeconds): void {
  const times = [...state.sources.values()].map(({ timestamp }) => timestamp);
  if (![now, ...times].some((time) => hasExpired(record, time))) return;
  throw new Fault(
    'unavailable',
    'the ticket seems to have expired, and the clock of this node cannot be trusted now to tell',
  );
}

function refuseTooMany(held: HeldRecord | undefined, { records }: NodeState): void {
  if (held !== undefined || records.size < MAX_RECORDS) return;
  throw new Fault('unavailable', `this node holds ${records.size} records, and no more fit`);
}

/**
 * decideTicket decides on what a verified ticket grants. A slice that PLC names itself stays as PLC
 * says. Throws Fault `bad-argument` for a ticket that has been overtaken or is over, `unavailable` when
 * that cannot be told now or no more records fit.
 */
export function decideTicket(
  { record, digest }: GrantedRecord,
  state: NodeState,
  { now, clockTrusted }: MarkTime,
): Decision<TicketResult['outcome']> {
  const { record_key } = record;
  const held = state.records.get(record_key);
  if (held !== undefined && held.source !== 'ticket') return { rows: [], result: 'left to PLC' };
  refuseOlder(record, state);
  if (!clockTrusted) refuseDoubtful(record, state, now);
  refuseTooMany(held, state);
  const decided = planSingleRecord(record, 'ticket', held, clockTrusted ? now : undefined);
  const [ignored] = decided.ignored;
  if (ignored !== undefined) refuse(ignored.why);
  const word = { issued: record.timestamp, ticket: digest };
  return {
    rows: [...putRows(state, 'ticket', decided.puts), ...lastWordRows(state, [[record_key, word]])],
    result: held === undefined ? 'created' : decided.puts.length > 0 ? 'renewed' : 'unchanged',
  };
}

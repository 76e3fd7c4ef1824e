/** Decides what a ticket changes once its signature has been verified. Pure. */
import type { TicketResult } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import {
  type EpochSeconds,
  hasExpired,
  isoTime,
  MAX_RECORDS,
  MAX_TICKET_RECORDS,
  planSingleRecord,
  type RecordKey,
  type SliverRecord,
} from '@nodemgr/records';
import { refuseTicket } from '@nodemgr/tickets';
import { type Decision, putRows } from '../deliver/decide-update.ts';
import type { MarkTime } from '../expiry/decide-expiry.ts';
import type { NodeState, Row } from '../store/node-state.ts';
import { heldAsOfWord, lastWordOn, lastWordRows } from './last-words.ts';

/** The grant of a ticket. The record's timestamp is when the ticket was issued. */
export interface GrantedRecord {
  readonly record: SliverRecord;
  /** SHA-256 of the ticket's bytes, in hex. */
  readonly digest: string;
}

function refuseOlder({ record_key, timestamp, name }: SliverRecord, state: NodeState): void {
  const word = lastWordOn(state, record_key);
  if (word?.untimed) {
    throw new Fault(
      'unavailable',
      `this node has lost the last word on ${name}, and takes tickets for it again once its clock is trusted`,
    );
  }
  if (word === undefined || timestamp >= word.issued) return;
  const what =
    word === state.lastWords.get(record_key)
      ? `on ${name}, of ${isoTime(word.issued)}, has been accepted`
      : `than this node remembers, ${isoTime(word.issued)}, may have been accepted; its authority must sign a new one`;
  refuseTicket(`it was issued at ${isoTime(timestamp)}, and a later word ${what}`);
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

function refuseTooMany({ records }: NodeState): void {
  let ofTickets = 0;
  for (const { source } of records.values()) if (source === 'ticket') ofTickets += 1;
  const why =
    ofTickets >= MAX_TICKET_RECORDS
      ? `tickets stand in for ${ofTickets} slices on this node`
      : records.size >= MAX_RECORDS && `this node holds ${records.size} records`;
  if (why) throw new Fault('unavailable', `${why}, and no more fit`);
}

/** Whether another ticket of the same second has been accepted: neither is the later one. */
function isSecondOfItsSecond(
  { record, digest }: GrantedRecord,
  { records, lastWords }: NodeState,
): boolean {
  const { record_key, timestamp } = record;
  const word = lastWords.get(record_key);
  if (word?.ticket !== undefined && word.issued === timestamp) return word.ticket !== digest;
  return records.get(record_key)?.record.timestamp === timestamp;
}

/** A sliver that was created under an earlier ticket, and is over, is not created under this one. */
function beginsAnewRows({ locals }: NodeState, key: RecordKey): Row[] {
  const local = locals.get(key);
  if (!local?.created) return [];
  return [{ table: 'locals', key, value: { ...local, created: false } }];
}

/**
 * decideTicket decides on what a verified ticket grants. A slice that PLC names itself stays as PLC
 * says. Throws Fault `bad-argument` for a ticket that has been overtaken or is over, `unavailable` when
 * that cannot be told now or no more records fit.
 */
export function decideTicket(
  granted: GrantedRecord,
  state: NodeState,
  { now, clockTrusted }: MarkTime,
): Decision<TicketResult['outcome']> {
  const { record, digest } = granted;
  const { record_key } = record;
  const held = state.records.get(record_key);
  if (held !== undefined && held.source !== 'ticket') return { rows: [], result: 'left to PLC' };
  refuseOlder(record, state);
  if (!clockTrusted) refuseDoubtful(record, state, now);
  if (held === undefined) refuseTooMany(state);
  const asOfWord = heldAsOfWord(state, record_key);
  const decided = planSingleRecord(record, 'ticket', asOfWord, clockTrusted ? now : undefined);
  const [ignored] = decided.ignored;
  if (ignored !== undefined) refuseTicket(ignored.why);
  // The first one stays: were each to replace the other, a holder of both could flip the slice for ever.
  if (decided.puts.length > 0 && isSecondOfItsSecond(granted, state)) {
    refuseTicket(`another ticket on ${record.name}, of the same second, has been accepted already`);
  }
  const word = { issued: record.timestamp, ticket: digest };
  return {
    rows: [
      ...putRows(state, 'ticket', decided.puts),
      ...(held === undefined ? beginsAnewRows(state, record_key) : []),
      ...lastWordRows(state, [[record_key, word]]),
    ],
    result: held === undefined ? 'created' : decided.puts.length > 0 ? 'renewed' : 'unchanged',
  };
}

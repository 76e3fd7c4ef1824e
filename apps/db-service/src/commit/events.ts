/**
 * Derives the history of a commit: what its rows change of which account, why, and by whom. Pure, and in
 * proportion to what changes: nothing is looked at that no row and no loan has touched.
 */
import {
  type EventAuthor,
  type EventContent,
  type EventKind,
  type EventSubject,
  eventText,
  NODE_SUBJECT,
} from '@nodemgr/contracts';
import {
  type AccountName,
  type HeldRecord,
  isAccount,
  isoTime,
  type Loan,
  type LocalFacts,
  NO_LOCAL_FACTS,
  type RecordKey,
} from '@nodemgr/records';
import { remarksTold } from '../deliver/remarks.ts';
import type { Derived } from '../feed/items.ts';
import { loanMoves } from '../loans/loan-moves.ts';
import type { Hold, Row } from '../store/node-state.ts';
import { authorOf, type Cause, DOCUMENTS, documentText } from './cause.ts';
import { recordChanges } from './record-changes.ts';

type Told = readonly [what: EventKind, why: string, by?: EventAuthor];

function removalTold(was: HeldRecord, rows: Removals, cause: Cause): Told {
  const { record } = was;
  const expired = cause.kind === 'expiry' || rows.get(record.record_key) === 'expired';
  // PLC's document removes no ticket's slice but one that it names as over.
  const why = was.source === 'ticket' ? 'over, by' : 'left out of';
  if (!expired) return ['record-removed', `${why} ${documentText(cause)}`];
  const when = record.expiry === undefined ? '' : ` on ${isoTime(record.expiry)}`;
  return ['record-removed', `expired${when}`, { kind: 'clock' }];
}

function recordTold(
  was: HeldRecord | undefined,
  is: HeldRecord | undefined,
  rows: Removals,
  cause: Cause,
): readonly Told[] {
  if (is === undefined) return was === undefined ? [] : [removalTold(was, rows, cause)];
  if (was !== undefined) {
    return [['record-changed', `${recordChanges(was, is)}: ${documentText(cause)} says so`]];
  }
  const { expiry } = is.record;
  const until = expiry === undefined ? '' : `, until ${isoTime(expiry)}`;
  return [['record-created', `named in ${documentText(cause)}${until}`]];
}

const MAX_LOANS_TOLD = 6;

function loansText(loans: readonly Loan[]): string {
  if (loans.length === 0) return 'lends nothing';
  const each = loans
    .slice(0, MAX_LOANS_TOLD)
    .map(([recipient, resource, amount]) => `${amount} ${resource} to ${recipient}`);
  const more = loans.length - each.length;
  return `lends ${each.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A lease begins by the clock, whoever has told of it; one that ends or changes when a document comes does so by that. */
function leaseTold(was: number, is: number, cause: Cause): readonly Told[] {
  if (was === is) return [];
  const until = `it has the node until ${isoTime(is)}`;
  if (was === 0) return [['lease-began', until, { kind: 'clock' }]];
  if (is !== 0) return [['lease-changed', until]];
  const { source, timestamp } = (cause.kind === 'lease' && cause.document) || {};
  if (source === undefined) return [['lease-ended', 'it has the node no longer']];
  const document = `${DOCUMENTS[source]} of ${isoTime(timestamp ?? 0)}`;
  return [['lease-ended', `its lease until ${isoTime(was)} is not in ${document}`]];
}

function factsTold(was: LocalFacts, is: LocalFacts, cause: Cause): readonly Told[] {
  const told: Told[] = [];
  if (was.loans !== is.loans && JSON.stringify(was.loans) !== JSON.stringify(is.loans)) {
    told.push(['loans-set', loansText(is.loans)]);
  }
  if (is.recreated !== was.recreated) told.push(['started', 'ReCreate was called']);
  else if (is.starts !== was.starts) told.push(['started', 'Start was called']);
  else if (is.stopped && !was.stopped) told.push(['stopped', 'Stop was called']);
  if (is.created && !was.created) told.push(['sliver-created', 'CreateSliver was called']);
  if (was.created && !is.created) told.push(['sliver-deleted', 'DeleteSliver was called']);
  return [...told, ...leaseTold(was.leased_until, is.leased_until, cause)];
}

/** The same update refused once more for the same reason is no news. */
function holdTold(was: Hold | undefined, is: Hold): readonly Told[] {
  if (was?.digest === is.digest && was.refusal.reason === is.refusal.reason) return [];
  const { source, timestamp, refusal } = is;
  const why = `${DOCUMENTS[source]} of ${isoTime(timestamp)} from ${source}: ${refusal.reason}`;
  return [['update-held', why, { kind: 'guard' }]];
}

const troubleText = (what: EventKind, text: string, cause: Cause): string =>
  `${text} (${what === 'trouble' ? 'in' : 'no more in'} ${documentText(cause)})`;

type Removals = ReadonlyMap<RecordKey, 'expired' | 'document'>;

function removalsIn(rows: readonly Row[]): Removals {
  return new Map(
    rows.flatMap((row) =>
      row.table === 'removed' && row.value !== undefined ? [[row.key, row.value.reason]] : [],
    ),
  );
}

function subjectOf({ record }: HeldRecord): EventSubject {
  return isAccount(record) ? record.name : NODE_SUBJECT;
}

function allowedTold(rows: readonly Row[], cause: Cause): readonly Told[] {
  if (cause.kind !== 'update' || !cause.allowed) return [];
  const records = rows.filter(({ table }) => table === 'records');
  const removed = records.filter(({ value }) => value === undefined).length;
  const counts = `${records.length - removed} records written, ${removed} removed`;
  const why = `${DOCUMENTS[cause.source]} of ${isoTime(cause.timestamp)} from ${cause.source}: ${counts}`;
  return [['update-allowed', why, { kind: 'operator' }]];
}

/** deriveEvents returns what a commit of `rows` means to each account, and to the node. */
export function deriveEvents(
  before: Derived,
  after: Derived,
  rows: readonly Row[],
  cause: Cause,
): readonly EventContent[] {
  const events: EventContent[] = [];
  const tell = (account: EventSubject, told: readonly Told[]) => {
    for (const [what, why, by = authorOf(cause)] of told) {
      events.push({ account, what, why: eventText(why), by });
    }
  };
  const removals = removalsIn(rows);
  tell(NODE_SUBJECT, allowedTold(rows, cause));
  for (const row of rows) {
    if (row.table === 'records') {
      const was = before.state.records.get(row.key);
      const held = row.value ?? was;
      if (held !== undefined) tell(subjectOf(held), recordTold(was, row.value, removals, cause));
    } else if (row.table === 'locals' && row.value !== undefined) {
      const record = after.state.records.get(row.key);
      const was = before.state.locals.get(row.key) ?? NO_LOCAL_FACTS;
      if (record !== undefined) tell(subjectOf(record), factsTold(was, row.value, cause));
    } else if (row.table === 'remarks') {
      const { subject, told } = remarksTold(before.state.remarks.get(row.key), row.value);
      tell(
        subject,
        told.map(([what, text]) => [what, troubleText(what, text, cause)]),
      );
    } else if (row.table === 'holds' && row.value !== undefined) {
      tell(NODE_SUBJECT, holdTold(before.state.holds.get(row.key), row.value));
    }
  }
  for (const { name, text } of loanMoves(before.allocations, after.allocations)) {
    // Names of lenders are those of records, which are checked.
    tell(name as AccountName, [['effective-changed', text]]);
  }
  return events;
}

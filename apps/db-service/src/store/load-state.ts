/** Loads the database into memory: opens it, salvages what a damaged file still gives, checks each row. */
import type { Logger } from '@nodemgr/daemon';
import { epochSeconds, type Revision, revision as revisionOf } from '@nodemgr/records';
import { lostWordRows } from '../tickets/last-words.ts';
import {
  applyRows,
  EMPTY_STATE,
  type NodeState,
  type RemarksKey,
  type Row,
  type Salvage,
} from './node-state.ts';
import { openDatabase, type Refill } from './open-database.ts';
import { type BadRow, readEvent, readRow, type StoredRow } from './row-schemas.ts';
import { RowStore } from './row-store.ts';

export interface Loaded {
  readonly store: RowStore;
  readonly state: NodeState;
  readonly revision: Revision;
  readonly salvage: Salvage | undefined;
  readonly badRows: readonly BadRow[];
}

function checkRows(stored: readonly StoredRow[]): { rows: Row[]; badRows: BadRow[] } {
  const checked = stored.map(readRow);
  return {
    rows: checked.flatMap((outcome) => ('row' in outcome ? [outcome.row] : [])),
    badRows: checked.flatMap((outcome) => ('bad' in outcome ? [outcome.bad] : [])),
  };
}

/**
 * With a row lost, what is held is no longer what was delivered: the sources deliver again. Until they have,
 * no document of this boot speaks for what is missing, and so nothing is removed for its want.
 */
function withoutDigests(state: NodeState): NodeState {
  const sources = [...state.sources].map(
    ([source, held]) => [source, { ...held, digest: undefined, boot_id: undefined }] as const,
  );
  return { ...state, sources: new Map(sources) };
}

/**
 * A revision later than any that a damaged file can have given out: more commits than seconds since
 * 1970 there have not been, and `known` may be from before the last ones.
 */
const revisionAfterLoss = (known: Revision | undefined): Revision =>
  revisionOf(Math.max((known ?? 0) + 1, Math.floor(Date.now() / 1000)));

/** Last words on slices are lost, or may be, and nobody will repeat them: rows must stand in for them. */
function standInForLost(
  badRows: readonly BadRow[],
  isSalvage: boolean,
  log: Logger,
): readonly Row[] {
  const now = epochSeconds(Math.floor(Date.now() / 1000));
  const rows = lostWordRows(badRows, { now, isSalvage });
  if (rows.length === 0) return rows;
  log.error(
    {
      on: rows
        .filter(({ value }) => value !== undefined)
        .map(({ key }) => key)
        .slice(0, 20),
    },
    "last words on slices are lost ('forgotten': on all that are not remembered): for these no ticket counts that was issued before now; its authority must sign a new one",
  );
  return rows;
}

function refillFor(log: Logger): Refill {
  return (db, salvaged, { reason, setAside }) => {
    const { rows: kept, badRows } = checkRows(salvaged.rows);
    // Which rows were on a damaged page nobody knows: there may have been words.
    const rows = [...kept, ...standInForLost(badRows, true, log)];
    const store = new RowStore(db);
    const events = salvaged.events.flatMap((event) => readEvent(event) ?? []);
    store.commit({ rows, revision: revisionAfterLoss(salvaged.revision), events });
    store.noteSalvage({ at: Date.now(), reason, set_aside: setAside });
    log.error(
      { reason, setAside, kept: kept.length, events: events.length, lost: badRows.slice(0, 20) },
      'the database is damaged and is set aside; its readable records are kept',
    );
  };
}

function readSalvageNote(store: RowStore, log: Logger): Salvage | undefined {
  try {
    return store.salvage();
  } catch (error) {
    log.warn({ err: error }, 'the note of the last salvage cannot be read; going on without it');
    return undefined;
  }
}

/** Remarks that cannot be read are delivered again, under the same key or none. */
function withoutRemarks(badRows: readonly BadRow[]): readonly Row[] {
  return badRows
    .filter(({ table }) => table === 'remarks')
    .map(({ key }): Row => ({ table: 'remarks', key: key as RemarksKey, value: undefined }));
}

/**
 * Bad rows leave the file together with the rows that stand in for them, so that a restart finds nothing lost
 * anew; and with the digests, so that no source takes the rest for all that it delivered.
 */
function withoutLostWords(
  store: RowStore,
  state: NodeState,
  badRows: readonly BadRow[],
  log: Logger,
): NodeState {
  const words = [...standInForLost(badRows, false, log), ...withoutRemarks(badRows)];
  if (words.length === 0) return state;
  const sources = [...withoutDigests(state).sources].map(([key, value]): Row => {
    return { table: 'sources', key, value };
  });
  const rows = [...words, ...sources];
  try {
    store.commit({ rows, revision: store.revision() ?? revisionAfterLoss(undefined) });
  } catch (error) {
    log.error({ err: error }, 'that cannot be written now; it is done again at the next start');
  }
  return applyRows(state, rows);
}

/**
 * loadState opens `file` and returns what it holds. Throws only when no database can be had at all, or
 * when a newer version of the program wrote it.
 */
export function loadState(file: string, log: Logger): Loaded {
  const store = new RowStore(openDatabase(file, new Date(), refillFor(log)));
  const { rows, badRows } = checkRows(store.readAll());
  for (const bad of badRows)
    log.error({ ...bad }, 'a row cannot be used; its source, if it has one, will deliver again');
  const state = withoutLostWords(store, applyRows(EMPTY_STATE, rows), badRows, log);
  return {
    store,
    state: badRows.length === 0 ? state : withoutDigests(state),
    revision: store.revision() ?? revisionAfterLoss(undefined),
    salvage: readSalvageNote(store, log),
    badRows,
  };
}

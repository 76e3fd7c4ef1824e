/** Loads the database into memory: opens it, salvages what a damaged file still gives, checks each row. */
import type { Logger } from '@nodemgr/daemon';
import { applyRows, EMPTY_STATE, type NodeState, type Salvage } from './node-state.ts';
import { openDatabase } from './open-database.ts';
import { type BadRow, readRow, type StoredRow } from './row-schemas.ts';
import { RowStore } from './row-store.ts';

export interface Loaded {
  readonly store: RowStore;
  readonly state: NodeState;
  readonly revision: number;
  readonly salvage: Salvage | undefined;
  readonly badRows: readonly BadRow[];
}

function checkRows(stored: readonly StoredRow[]): { state: NodeState; badRows: BadRow[] } {
  const checked = stored.map(readRow);
  const badRows = checked.flatMap((outcome) => ('bad' in outcome ? [outcome.bad] : []));
  const rows = checked.flatMap((outcome) => ('row' in outcome ? [outcome.row] : []));
  const state = applyRows(EMPTY_STATE, rows);
  return { state: badRows.length === 0 ? state : withoutDigests(state), badRows };
}

/** With a row lost, what is held is no longer what was delivered: the sources deliver again. */
function withoutDigests(state: NodeState): NodeState {
  const sources = [...state.sources].map(
    ([source, held]) => [source, { ...held, digest: undefined }] as const,
  );
  return { ...state, sources: new Map(sources) };
}

/** loadState opens `file` and returns what it holds; throws when no database can be had at all. */
export function loadState(file: string, log: Logger): Loaded {
  const { db, salvaged } = openDatabase(file, new Date());
  const store = new RowStore(db);
  if (salvaged !== undefined) {
    const checked = salvaged.rows.map(readRow);
    const rows = checked.flatMap((outcome) => ('row' in outcome ? [outcome.row] : []));
    const { reason, setAside } = salvaged;
    store.commit({ rows, revision: 1 });
    store.noteSalvage({ at: Date.now(), reason, set_aside: setAside });
    log.error(
      { reason, setAside, rows: rows.length },
      'the database was damaged and set aside; readable records were kept',
    );
  }
  const { state, badRows } = checkRows(store.readAll());
  for (const bad of badRows)
    log.error({ ...bad }, 'a row cannot be used; its source will deliver again');
  return { store, state, revision: store.revision(), salvage: store.salvage(), badRows };
}

/**
 * Everything db-service knows, as plain values, and the row changes that turn one state into the
 * next. Pure: the same rows are written to SQLite by row-store.ts, so that memory and file agree.
 */
import type { DeliveredRemark, Remark, Unreadable } from '@nodemgr/contracts';
import type {
  DeliveredRecord,
  EpochSeconds,
  HeldRecord,
  Ignored,
  LocalFacts,
  RecordKey,
  Refusal,
  RemovalReason,
  Source,
} from '@nodemgr/records';

/** The last update that was accepted from a source. */
export interface SourceState {
  readonly timestamp: EpochSeconds;
  /** Undefined after a salvage: what the database holds may not be what was delivered. */
  readonly digest: string | undefined;
  /** The boot in which a document of this source was last accepted as fresh. */
  readonly boot_id: string | undefined;
}

/** An account's record is gone; its files and local facts stay for a while. */
export interface Removed {
  readonly reason: RemovalReason;
  readonly removed_at: EpochSeconds;
  /** `removed_at` is from a clock that was not trusted: the files' day begins when it is trusted again. */
  readonly untimed?: true | undefined;
}

/** An update that the guard holds back, whole, until an operator lets it through or a better one comes. */
export interface Hold {
  readonly source: Source;
  readonly timestamp: EpochSeconds;
  readonly digest: string;
  readonly boot_id: string | undefined;
  readonly since: EpochSeconds;
  readonly refusal: Refusal;
  readonly records: readonly DeliveredRecord[];
  /** The entries of the update that are no records. */
  readonly unusable: readonly Ignored[];
  readonly unreadable: readonly Unreadable[];
  readonly remarks: readonly DeliveredRemark[];
}

/** A source's remarks on what does not count as it was written: on one record, or on the whole. */
export interface Remarks {
  readonly source: Source;
  readonly record_key?: RecordKey | undefined;
  readonly remarks: readonly Remark[];
}
export type RemarksKey = Source | `${Source} ${RecordKey}`;

/** The last that was said of a slice: no ticket that was issued before it counts. */
export interface LastWord {
  readonly issued: EpochSeconds;
  /** SHA-256, in hex, of the ticket that said it; absent where it was a document. */
  readonly ticket?: string | undefined;
  /** The word itself is lost, and `issued` is of no account: no ticket counts until a trusted clock has settled it. */
  readonly untimed?: true | undefined;
}

/** The key of the last word on every slice whose own has been forgotten. */
export const FORGOTTEN = 'forgotten';
export type LastWordKey = RecordKey | typeof FORGOTTEN;

/** Why and when a damaged database was set aside. */
export interface Salvage {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly reason: string;
  readonly set_aside: string;
}

export interface NodeState {
  readonly records: ReadonlyMap<RecordKey, HeldRecord>;
  readonly locals: ReadonlyMap<RecordKey, LocalFacts>;
  readonly removed: ReadonlyMap<RecordKey, Removed>;
  readonly sources: ReadonlyMap<Source, SourceState>;
  readonly holds: ReadonlyMap<Source, Hold>;
  readonly lastWords: ReadonlyMap<LastWordKey, LastWord>;
  readonly remarks: ReadonlyMap<RemarksKey, Remarks>;
}

export const EMPTY_STATE: NodeState = {
  records: new Map(),
  locals: new Map(),
  removed: new Map(),
  sources: new Map(),
  holds: new Map(),
  lastWords: new Map(),
  remarks: new Map(),
};

/** One changed row; `value` undefined deletes it. */
export type Row =
  | {
      readonly table: 'records';
      readonly key: RecordKey;
      readonly value: HeldRecord | undefined;
    }
  | { readonly table: 'locals'; readonly key: RecordKey; readonly value: LocalFacts | undefined }
  | { readonly table: 'removed'; readonly key: RecordKey; readonly value: Removed | undefined }
  | { readonly table: 'sources'; readonly key: Source; readonly value: SourceState }
  | { readonly table: 'holds'; readonly key: Source; readonly value: Hold | undefined }
  | {
      readonly table: 'last_words';
      readonly key: LastWordKey;
      readonly value: LastWord | undefined;
    }
  | {
      readonly table: 'remarks';
      readonly key: RemarksKey;
      readonly value: Remarks | undefined;
    };

function changed<K, V>(
  before: ReadonlyMap<K, V>,
  rows: readonly { readonly key: K; readonly value: V | undefined }[],
): ReadonlyMap<K, V> {
  if (rows.length === 0) return before;
  const after = new Map(before);
  for (const { key, value } of rows) {
    if (value === undefined) after.delete(key);
    else after.set(key, value);
  }
  return after;
}

/** applyRows returns the state after `rows`; the state before stays as it was. */
export function applyRows(state: NodeState, rows: readonly Row[]): NodeState {
  return {
    records: changed(
      state.records,
      rows.filter((row) => row.table === 'records'),
    ),
    locals: changed(
      state.locals,
      rows.filter((row) => row.table === 'locals'),
    ),
    removed: changed(
      state.removed,
      rows.filter((row) => row.table === 'removed'),
    ),
    sources: changed(
      state.sources,
      rows.filter((row) => row.table === 'sources'),
    ),
    holds: changed(
      state.holds,
      rows.filter((row) => row.table === 'holds'),
    ),
    lastWords: changed(
      state.lastWords,
      rows.filter((row) => row.table === 'last_words'),
    ),
    remarks: changed(
      state.remarks,
      rows.filter((row) => row.table === 'remarks'),
    ),
  };
}

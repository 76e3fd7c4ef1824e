/**
 * Remarks on what each source wrote and does not count as it was written. They are kept row by row, so that a
 * restart repeats none, and stand in the history when they come and when they are over. Pure.
 */
import {
  type DeliveredRemark,
  type EventKind,
  type EventSubject,
  MAX_TROUBLES_TOLD,
  NODE_SUBJECT,
  type Remark,
  remarkText,
  type SourceTrouble,
  withoutPlace,
} from '@nodemgr/contracts';
import {
  accountOfKey,
  type Ignored,
  MAX_REMARKS,
  type RecordKey,
  type Source,
} from '@nodemgr/records';
import type { NodeState, Remarks, RemarksKey, Row } from '../store/node-state.ts';

/** Remarks kept on one record: more than anybody reads; the rest is counted in one more. */
const MAX_OF_RECORD = 50;
/** Remarks on the whole of an update, which has many places. */
const MAX_OF_WHOLE = 500;

/** remarksKey names the remarks of a source on a record, or on the whole of what it says. */
export function remarksKey(source: Source, record_key: RecordKey | undefined): RemarksKey {
  return record_key === undefined ? source : `${source} ${record_key}`;
}

/** ignoredRemark returns what is to be said of a record that was ignored. */
export function ignoredRemark({ record_key, why }: Ignored): DeliveredRemark {
  const severity = 'trouble';
  // A record that is none may call itself anything.
  if (accountOfKey(record_key) === undefined)
    return { severity, text: remarkText(`${record_key}: ${why}`) };
  return { record_key, severity, text: remarkText(why) };
}

const isTrouble = ({ severity }: Remark): boolean => severity === 'trouble';

/** The first `most`, troubles before notes, and one that counts the rest. */
function bounded<R extends Remark>(remarks: readonly R[], most: number): readonly Remark[] {
  if (remarks.length <= most) return remarks;
  const [troubles, notes] = [remarks.filter(isTrouble), remarks.filter((each) => !isTrouble(each))];
  const kept = [...troubles, ...notes].slice(0, most);
  const rest: Remark = {
    severity: troubles.length > most ? 'trouble' : 'note',
    text: `and ${remarks.length - most} more`,
  };
  return [...kept, rest];
}

function grouped(source: Source, delivered: readonly DeliveredRemark[]): Map<RemarksKey, Remarks> {
  const groups = new Map<RemarksKey, DeliveredRemark[]>();
  for (const remark of bounded<DeliveredRemark>(delivered, 2 * MAX_REMARKS)) {
    const { record_key } = remark as DeliveredRemark;
    const key = remarksKey(source, record_key);
    const group = groups.get(key) ?? [];
    group.push(remark);
    groups.set(key, group);
  }
  return new Map(
    [...groups].map(([key, group]) => {
      const [{ record_key } = {}] = group;
      const most = record_key === undefined ? MAX_OF_WHOLE : MAX_OF_RECORD;
      const remarks = bounded(group, most).map(({ severity, text }) => ({ severity, text }));
      return [key, { source, ...(record_key === undefined ? {} : { record_key }), remarks }];
    }),
  );
}

const sameRemarks = (a: Remarks | undefined, b: Remarks | undefined): boolean =>
  JSON.stringify(a?.remarks) === JSON.stringify(b?.remarks);

/** remarkRows puts `delivered` in the place of all that was remarked on the source's word before. */
export function remarkRows(
  state: NodeState,
  source: Source,
  delivered: readonly DeliveredRemark[],
): readonly Row[] {
  const groups = grouped(source, delivered);
  const gone = [...state.remarks].flatMap(([key, held]): Row[] =>
    held.source === source && !groups.has(key) ? [{ table: 'remarks', key, value: undefined }] : [],
  );
  const news = [...groups].flatMap(([key, value]): Row[] =>
    sameRemarks(state.remarks.get(key), value) ? [] : [{ table: 'remarks', key, value }],
  );
  return [...gone, ...news];
}

/** Troubles of one commit and one subject that the history has one by one. */
const MAX_TOLD = 10;

function newIn(was: readonly Remark[], is: readonly Remark[]): readonly string[] {
  const known = new Set(was.filter(isTrouble).map(({ text }) => withoutPlace(text)));
  return is.filter(isTrouble).flatMap(({ text }) => (known.has(withoutPlace(text)) ? [] : [text]));
}

function toldOf(
  what: EventKind,
  texts: readonly string[],
): readonly (readonly [EventKind, string])[] {
  const told = texts.slice(0, MAX_TOLD);
  const more = texts.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].map((text) => [what, text]);
}

/** remarksTold returns whom a change of remarks concerns, and the troubles that come and are over with it. */
export function remarksTold(
  was: Remarks | undefined,
  is: Remarks | undefined,
): {
  readonly subject: EventSubject;
  readonly told: readonly (readonly [what: EventKind, text: string])[];
} {
  const { record_key = '' } = is ?? was ?? {};
  const [before, after] = [was?.remarks ?? [], is?.remarks ?? []];
  return {
    subject: accountOfKey(record_key)?.name ?? NODE_SUBJECT,
    told: [
      ...toldOf('trouble-over', newIn(after, before)),
      ...toldOf('trouble', newIn(before, after)),
    ],
  };
}

/** troublesOf returns the troubles of all sources, as many as an answer holds, and how many more there are. */
export function troublesOf({ remarks }: NodeState): {
  readonly troubles: SourceTrouble[];
  readonly more_troubles: number;
} {
  const all = [...remarks.values()].flatMap(({ source, record_key, remarks: each }) =>
    each.filter(isTrouble).map(({ text }) => ({
      source,
      ...(record_key === undefined ? {} : { record_key }),
      text,
    })),
  );
  const troubles = all.slice(0, MAX_TROUBLES_TOLD);
  return { troubles, more_troubles: all.length - troubles.length };
}

/** remarksOn returns what is remarked on the words of all sources on a record. */
export function remarksOn(
  { remarks }: NodeState,
  record_key: RecordKey,
): (Remark & { readonly source: Source })[] {
  return [...remarks.values()].flatMap((held) =>
    held.record_key === record_key
      ? held.remarks.map((each) => ({ ...each, source: held.source }))
      : [],
  );
}

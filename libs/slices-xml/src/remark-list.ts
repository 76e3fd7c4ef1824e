/**
 * Collects remarks while a document is judged, and bounds them: no slice, and no kind of remark, leaves
 * those of others without a place. Pure.
 */
import { type AccountName, MAX_REMARK_LENGTH, MAX_REMARKS } from '@nodemgr/records';
import type { Remark } from './slices-document.ts';

/** A remark that has its position in the text that was read, and not yet its line. */
export interface PlacedRemark extends Remark {
  readonly at: number;
}

/** What is shown of all remarks. */
export interface BoundedRemarks {
  readonly remarks: readonly PlacedRemark[];
  readonly rest?: Remark;
}

type Severity = Remark['severity'];

/** Remarks of one severity on one slice, or on the document; one more counts the rest. */
const MOST_OF_SLICE = 20;
const MOST_OF_DOCUMENT = 200;
/** What `line N: ` and the count of the rest may add to a remark. */
const ROOM = 40;

const ESCAPED = /[\p{Cc}\u2028\u2029]/gu;
const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** quote returns text of the document as a message shows it: quoted, on one line, and not much of it. */
export function quote(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return JSON.stringify(shown).replace(ESCAPED, escaped);
}

/** One severity's remarks on one subject. */
interface Group {
  readonly remarks: PlacedRemark[];
  more: number;
}

export class RemarkList {
  readonly #groups = new Map<string, Group>();

  trouble(at: number, text: string, slice?: AccountName): void {
    this.#add('trouble', at, text, slice);
  }

  note(at: number, text: string, slice?: AccountName): void {
    this.#add('note', at, text, slice);
  }

  /** all returns at most MAX_REMARKS, trouble first; `rest` counts what there was no room for. */
  all(): BoundedRemarks {
    const groups = [...this.#groups.values()].flatMap(withCount);
    const ordered = [
      ...groups.filter(({ severity }) => severity === 'trouble'),
      ...groups.filter(({ severity }) => severity === 'note'),
    ];
    const remarks = ordered.slice(0, MAX_REMARKS);
    const first = ordered[MAX_REMARKS];
    if (first === undefined) return { remarks };
    const text = `and ${ordered.length - MAX_REMARKS} more remarks`;
    return { remarks, rest: { severity: first.severity, text } };
  }

  #add(severity: Severity, at: number, text: string, slice: AccountName | undefined): void {
    const key = `${severity} ${slice ?? ''}`;
    const group = this.#groups.get(key) ?? { remarks: [], more: 0 };
    this.#groups.set(key, group);
    const most = slice === undefined ? MOST_OF_DOCUMENT : MOST_OF_SLICE;
    if (group.remarks.length === most) {
      group.more += 1;
      return;
    }
    const cut = text.slice(0, MAX_REMARK_LENGTH - ROOM);
    group.remarks.push({ at, severity, text: cut, ...(slice === undefined ? {} : { slice }) });
  }
}

function withCount({ remarks, more }: Group): readonly PlacedRemark[] {
  const last = remarks.at(-1);
  if (last === undefined || more === 0) return remarks;
  return [...remarks, { ...last, text: `and ${more} more of this kind` }];
}

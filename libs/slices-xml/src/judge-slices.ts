/**
 * Decides which of this node's slices count, by the rules of slices.xml (DESIGN.md, section 3, rule 7, and
 * section 4). Only what is broken is left out: a key, an amount, an expiry. A slice goes without only when
 * it has no name that we can use, or one that was there before. Pure.
 */
import {
  ACCOUNT_NAME_RULE,
  type AccountName,
  DEFAULT_IMAGE,
  type EpochSeconds,
  epochSeconds,
  isSliceName,
  MAX_KEYS_BYTES,
  UNREADABLE_FIELDS,
  type UnreadableField,
} from '@nodemgr/records';
import { gatherKeys, type KeyRing, KeyRings } from './judge-keys.ts';
import { judgeLeases } from './judge-leases.ts';
import { judgeResources } from './judge-resources.ts';
import type { RawDocument, RawSlice, RawStranger } from './raw-document.ts';
import { type BoundedRemarks, quote, RemarkList } from './remark-list.ts';
import { SharedIds } from './shared-ids.ts';
import type { JudgedLeases, Slice } from './slices-document.ts';
import { LAST_SECOND, readNatural } from './xml-integer.ts';

export interface JudgedSlices extends BoundedRemarks {
  readonly slices: readonly Slice[];
  /** Undefined: the node is not reservable. */
  readonly leases: JudgedLeases | undefined;
  /** How many of them are this node's for certain. */
  readonly ours: number;
}

/** The ids of all slices; of a repeated name the first slice counts, and a bad name is none. */
function idsOf(slices: readonly RawSlice[]): SharedIds {
  const ids = new SharedIds('id');
  const names = new Set<string>();
  for (const { name, id: text } of slices) {
    const id = readNatural(text);
    if (name === undefined || !isSliceName(name) || names.has(name)) continue;
    names.add(name);
    if (id !== undefined) ids.add(id, name);
  }
  return ids;
}

function readExpiry(text: string | undefined): number | undefined {
  const expiry = readNatural(text);
  return expiry !== undefined && expiry <= LAST_SECOND ? expiry : undefined;
}

class SliceJudge {
  readonly slices: Slice[] = [];
  readonly leases: JudgedLeases | undefined;
  readonly remarks = new RemarkList();
  ours = 0;
  readonly #names = new Set<string>();
  readonly #rings: KeyRings;
  readonly #ids: SharedIds;

  constructor(document: RawDocument, asOf: EpochSeconds) {
    this.#ids = idsOf(document.slices);
    this.#rings = new KeyRings(document.keys, this.remarks);
    for (const raw of document.slices) this.#judge(raw);
    const { leases } = document;
    this.leases = leases === undefined ? undefined : judgeLeases(leases, asOf, this.remarks);
    for (const stranger of document.strangers) this.#tellOf(stranger);
  }

  #tellOf({ at, parent, name }: RawStranger): void {
    const where = parent === 'root' ? 'planetlab_slices' : parent;
    this.remarks.trouble(at, `<${name}> in <${where}> means nothing, nor does what is in it`);
  }

  #judge(raw: RawSlice): void {
    const { at, name } = raw;
    const repeated = name !== undefined && this.#names.has(name);
    if (name !== undefined) this.#names.add(name);
    if (!raw.ours) {
      if (raw.unclear !== undefined) this.#judgeUnclear(raw, raw.unclear, repeated);
      return;
    }
    if (name === undefined) this.remarks.trouble(at, 'a <slice> without a name cannot be used');
    else if (!isSliceName(name)) {
      this.remarks.trouble(
        at,
        `slice ${quote(name)} cannot be used: a name is like ${ACCOUNT_NAME_RULE}`,
      );
    } else if (repeated) {
      this.remarks.trouble(at, 'its name is repeated; the first one counts', name);
    } else {
      this.ours += 1;
      this.slices.push(this.#read(name, raw));
    }
  }

  /** Nobody can say whether it is this node's: what this node has of it stays as it is. */
  #judgeUnclear({ at, name }: RawSlice, why: string, repeated: boolean): void {
    const what = `whether it is this node's cannot be read: ${why}`;
    if (name === undefined || !isSliceName(name) || repeated) {
      this.remarks.trouble(at, `of slice ${quote(name ?? '')}, ${what}`);
      return;
    }
    this.remarks.trouble(at, `${what}; what is known of it stays`, name);
    this.slices.push({
      name,
      id: 0,
      ssh_keys: '',
      rspec: {},
      initscript: '',
      image: DEFAULT_IMAGE,
      unreadable: UNREADABLE_FIELDS,
    });
  }

  #read(name: AccountName, raw: RawSlice): Slice {
    const id = readNatural(raw.id);
    const expiry = readExpiry(raw.expiry);
    const shared = id === undefined ? undefined : this.#ids.remarkOn(id, name);
    if (shared !== undefined) this.remarks.trouble(raw.at, shared, name);
    return {
      name,
      id: id ?? 0,
      ...(expiry === undefined ? {} : { expiry: epochSeconds(expiry) }),
      ssh_keys: this.#keysOf(name, raw),
      ...judgeResources(raw.resources, {
        trouble: (at, text) => this.remarks.trouble(at, text, name),
        note: (at, text) => this.remarks.note(at, text, name),
      }),
      unreadable: this.#unreadable(name, raw, { id, expiry }),
    };
  }

  #unreadable(
    name: AccountName,
    raw: RawSlice,
    { id, expiry }: { id: number | undefined; expiry: number | undefined },
  ): readonly UnreadableField[] {
    const fields: UnreadableField[] = [];
    if (id === undefined) {
      fields.push('id');
      const what = raw.id === undefined ? 'missing' : quote(raw.id);
      this.remarks.trouble(raw.at, `its id is ${what}; the one that is known stays`, name);
    }
    if (expiry === undefined && raw.expiry !== undefined) {
      fields.push('expiry');
      const what = `${quote(raw.expiry)}, not seconds since 1970 up to the year 9999`;
      this.remarks.trouble(raw.at, `its expiry is ${what}; the one that is known stays`, name);
    }
    return fields;
  }

  #keysOf(name: AccountName, raw: RawSlice): string {
    const rings = new Map<string, KeyRing>();
    for (const { at, person } of raw.users) {
      if (!person) this.remarks.trouble(at, 'a <user> without person_id cannot be used', name);
      else if (!rings.has(person)) rings.set(person, this.#ringOf(name, person));
    }
    // By person, so that the order of the document does not decide whose keys there is room for.
    const inOrder = [...rings].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ring]) => ring);
    const { text, cut } = gatherKeys(inOrder);
    if (cut > 0) {
      const why = `together they have more than ${MAX_KEYS_BYTES} bytes`;
      this.remarks.trouble(raw.at, `${cut} keys of its users are cut: ${why}`, name);
    }
    return text;
  }

  #ringOf(name: AccountName, person: string): KeyRing {
    const ring = this.#rings.of(person);
    for (const { at, severity, why } of ring.leftOut) {
      this.remarks[severity](at, `a key of person ${quote(person)} cannot be used: ${why}`, name);
    }
    return ring;
  }
}

/**
 * judgeSlices returns the slices of this node that count, and what was left out or ignored. The document came at
 * `asOf`; without it, no lease was over by then.
 */
export function judgeSlices(document: RawDocument, asOf = epochSeconds(0)): JudgedSlices {
  const { slices, leases, ours, remarks } = new SliceJudge(document, asOf);
  return { slices, leases, ours, ...remarks.all() };
}

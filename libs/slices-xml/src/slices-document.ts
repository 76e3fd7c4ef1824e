/** What a slices.xml says about one node: the values that this library returns. No behaviour. */
import type {
  AccountName,
  EpochSeconds,
  ImageName,
  LeasesRecord,
  Rspec,
  UnreadableField,
} from '@nodemgr/records';

/**
 * Something of a document that does not count as it is written. `trouble`: it ought to count and was left
 * out, ignored or cut. `note`: it means nothing on this node, and nothing is lost.
 */
export interface Remark {
  /** The slice that it concerns; absent: the document, or a slice that has no name that we can use. */
  readonly slice?: AccountName;
  readonly severity: 'trouble' | 'note';
  /** One line of at most MAX_REMARK_LENGTH characters; in a slices.xml it begins with `line N: `. */
  readonly text: string;
}

/** A slice whose <nodes> names this node, or of which nobody can say: then all of it is unreadable. */
export interface Slice {
  readonly name: AccountName;
  /** 0 where it is unreadable. */
  readonly id: number;
  /** Absent: it never expires, unless it is unreadable. */
  readonly expiry?: EpochSeconds;
  /** The users' public keys, one a line, each once, sorted; no newline at the end. */
  readonly ssh_keys: string;
  /** The integers that the document gives; defaults are applied elsewhere. */
  readonly rspec: Rspec;
  /** Empty when the document gives none. */
  readonly initscript: string;
  /** The default image when the document names none that could be one. */
  readonly image: ImageName;
  /** What counts as not said: the record that is held keeps its own (DESIGN.md, section 3, rule 7). */
  readonly unreadable: readonly UnreadableField[];
}

/** The leases of a node, as a record. Its time is 0: when the authority vouched for it is not its to say. */
export interface JudgedLeases {
  readonly record: LeasesRecord;
  /** What counts as not said. */
  readonly unreadable: readonly UnreadableField[];
}

/** The document counts for nothing, as if it had never come. `reason` begins with the line if there is one. */
export interface RefusedDocument {
  readonly ok: false;
  readonly reason: string;
}

/** The document counts, except for what `remarks` names. */
export interface AcceptedDocument {
  readonly ok: true;
  /** The root's version attribute; empty where absent. */
  readonly version: string;
  /** When the authority made it: the root's `issued`, if that is a time. */
  readonly issued?: EpochSeconds | undefined;
  /** The root's `serial`, if that is a whole number: an authority's later document has a larger one. */
  readonly serial?: number | undefined;
  /** Ours only, in the order of the document. */
  readonly slices: readonly Slice[];
  /** Absent: the node is not reservable. */
  readonly leases?: JudgedLeases | undefined;
  /** Slices in the document, and those of them that are this node's for certain. */
  readonly totals: { readonly slices: number; readonly ours: number };
  /** Where, which, why; at most MAX_REMARKS, and one that counts the rest. */
  readonly remarks: readonly Remark[];
}

export type SlicesDocument = RefusedDocument | AcceptedDocument;

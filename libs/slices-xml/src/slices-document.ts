/** What a slices.xml says about one node: the values that this library returns. No behaviour. */
import type { AccountName, EpochSeconds, ImageName, Rspec } from '@nodemgr/records';

/** A slice whose <nodes> names this node. */
export interface Slice {
  readonly name: AccountName;
  readonly id: number;
  /** Absent: it never expires. */
  readonly expiry?: EpochSeconds;
  /** The users' public keys, one a line, each once, sorted; no newline at the end. */
  readonly ssh_keys: string;
  /** The integers that the document gives; defaults are applied elsewhere. */
  readonly rspec: Rspec;
  /** Empty when the document gives none. */
  readonly initscript: string;
  /** The default image when the document names none that could be one. */
  readonly image: ImageName;
}

/** The document counts for nothing, as if it had never come. `reason` begins with the line if there is one. */
export interface RefusedDocument {
  readonly ok: false;
  readonly reason: string;
}

/** The document counts, except for what `problems` names. */
export interface AcceptedDocument {
  readonly ok: true;
  /** The root's version attribute; empty where absent. */
  readonly version: string;
  /** Ours only, in the order of the document. */
  readonly slices: readonly Slice[];
  /** Slices in the document, and those of them that are in `slices`. */
  readonly totals: { readonly slices: number; readonly ours: number };
  /** Every slice of this node that was left out and every value that was ignored: where, which, why. */
  readonly problems: readonly string[];
}

export type SlicesDocument = RefusedDocument | AcceptedDocument;

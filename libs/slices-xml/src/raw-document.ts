/** What the elements of a slices.xml or of a ticket say, before anything of it is judged. No behaviour. */

/** Positions are indexes into the text that was read. */
export interface RawResource {
  readonly at: number;
  readonly name: string | undefined;
  readonly values: { readonly name: string | undefined; text: string }[];
}

export interface RawNode {
  readonly id: string | undefined;
  readonly hostname: string | undefined;
}

export interface RawDelegate {
  readonly name: string | undefined;
  readonly methods: string | undefined;
}

export interface RawSlice {
  readonly at: number;
  readonly name: string | undefined;
  readonly id: string | undefined;
  readonly expiry: string | undefined;
  /** Whether its <nodes> names this node. What follows is empty where it does not. Always in a ticket. */
  ours: boolean;
  /** Why a slices.xml leaves it open whether the slice is this node's; undefined: it says so, or is a ticket. */
  unclear: string | undefined;
  /** Every <node> of a ticket. Of slices.xml only `ours` remains: it names half a million. */
  readonly nodes: RawNode[];
  /** Means something in a ticket only. */
  readonly delegates: RawDelegate[];
  readonly users: { readonly at: number; readonly person: string | undefined }[];
  readonly resources: RawResource[];
}

export interface RawKey {
  readonly at: number;
  readonly person: string | undefined;
  readonly type: string | undefined;
  readonly value: string;
}

/** A lease as it is written; `at` is its position in the text, where it has one. */
export interface RawLease {
  readonly at: number;
  readonly slice: string | undefined;
  readonly from: string | undefined;
  readonly until: string | undefined;
}

export interface RawLeases {
  readonly at: number;
  readonly policy: string;
  /** What further <leases> say of the policy, which is said already. */
  readonly again: { readonly at: number; readonly policy: string }[];
  readonly leases: RawLease[];
}

/** An element that means nothing where it stands, and is called nearly as one that would. */
export interface RawStranger {
  readonly at: number;
  /** Of the element that it is in, and its own. */
  readonly parent: string;
  readonly name: string;
}

export interface RawDocument {
  version: string;
  /** The root's attributes of these names; a ticket's serial means nothing. */
  issued: string | undefined;
  serial: string | undefined;
  /** Undefined: the document has no <leases>, or is a ticket. */
  leases: RawLeases | undefined;
  readonly slices: RawSlice[];
  readonly keys: RawKey[];
  /** Of slices.xml, and at most MAX_STRANGERS of them. */
  readonly strangers: RawStranger[];
}

/** Which of the two documents is read. Of slices.xml only the slices of that node are of interest. */
export type DocumentForm =
  | { readonly root: 'planetlab_slices'; readonly nodeId: number }
  | { readonly root: 'ticket' };

/** What a ticket says, for all nodes that it names: the values that this library returns. No behaviour. */
import type { Delegation, EpochSeconds } from '@nodemgr/records';
import type { RefusedDocument, Slice } from './slices-document.ts';

/** A node that the slice may have a sliver on. */
export interface TicketNode {
  readonly id: number;
  readonly hostname?: string;
}

/** One slice as in slices.xml, and what a ticket adds to it. */
export interface TicketContent extends Omit<Slice, 'unreadable'> {
  /** A ticket without an end is none. */
  readonly expiry: EpochSeconds;
  /** When the authority vouched for it; orders the tickets of one slice. */
  readonly issued: EpochSeconds;
  readonly nodes: readonly TicketNode[];
  /** Who else may do what with the sliver, each pair once, in the order of the document. */
  readonly delegations: readonly Delegation[];
}

export type TicketDocument =
  | RefusedDocument
  | { readonly ok: true; readonly content: TicketContent };

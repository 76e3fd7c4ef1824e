/**
 * What the log says of a ticket that was signed: enough to see later who was given what, and where. Each
 * list is bounded, with its count beside it; nothing here makes the ticket or a key. Pure.
 */
import { createHash } from 'node:crypto';
import { nameKey } from '@nodemgr/slices-xml';
import type { TicketContent } from '@nodemgr/tickets';

/** What a line shows of each list: with them all it stays well below what the journal takes (48 KiB). */
const MOST_NODES = 100;
const MOST_DELEGATIONS = 50;
const MOST_KEYS = 50;

export interface DescribedSignature {
  readonly slice: string;
  readonly id: number;
  /** Seconds since 1970. */
  readonly expiry: number;
  /** How many; `node_ids` are the first of them. */
  readonly nodes: number;
  readonly node_ids: readonly number[];
  /** How many pairs of a caller and a method; `delegated` are the first of them. */
  readonly delegations: number;
  readonly delegated: readonly string[];
  /** How many; `key_fingerprints` are the first of them, as `ssh-keygen -l` prints them. */
  readonly keys: number;
  readonly key_fingerprints: readonly string[];
  /** Of the whole ticket, hex. */
  readonly sha256: string;
}

/** describeSignature returns the fields of the line for `ticket`, which says `content`. */
export function describeSignature(content: TicketContent, ticket: string): DescribedSignature {
  const { name: slice, id, expiry, nodes, delegations } = content;
  const keys = content.ssh_keys.split('\n').filter((line) => line !== '');
  return {
    slice,
    id,
    expiry,
    nodes: nodes.length,
    node_ids: nodes.slice(0, MOST_NODES).map((node) => node.id),
    delegations: delegations.length,
    delegated: delegations.slice(0, MOST_DELEGATIONS).map((pair) => pair.join(' ')),
    keys: keys.length,
    key_fingerprints: keys.slice(0, MOST_KEYS).map((line) => nameKey(line).fingerprint),
    sha256: createHash('sha256').update(ticket).digest('hex'),
  };
}

/**
 * Makes an unsigned ticket of what an operator wrote: a `<ticket>`, or a `<slice>` with its `<key>`s in it.
 * Options of the command line are put into it, and what only a person needs (comments, CDATA) is taken out.
 * libs/tickets, which reads the result by the rules of tickets, decides whether it is one. Pure.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { asFault, Fault } from '@nodemgr/faults';
import type { EpochSeconds } from '@nodemgr/records';
import {
  type DraftElement,
  type DraftNode,
  readDraftXml,
  refuseForeign,
  writeDraftXml,
} from '@nodemgr/tickets';

export interface DraftChanges {
  /** When the ticket is issued, unless the draft has a time of issue. */
  readonly issued: EpochSeconds;
  /** Ids in place of the draft's nodes; empty: those of the draft. */
  readonly nodes: readonly number[];
  /** In place of the draft's; undefined: that of the draft. */
  readonly expiry: EpochSeconds | undefined;
}

function refuse(why: string, cause?: unknown): never {
  throw new Fault('bad-argument', `the draft cannot be signed: ${why}`, { cause });
}

function readRoot(text: string): DraftElement {
  try {
    return readDraftXml(text);
  } catch (error) {
    refuse(asFault(error).message, error);
  }
}

function isNamed(node: DraftNode, name: string): node is DraftElement {
  return typeof node === 'object' && node.name === name;
}

function nodesElement(ids: readonly number[]): DraftElement {
  const children = ids.map((id) => ({
    name: 'node',
    attributes: { id: String(id) },
    children: [],
  }));
  return { name: 'nodes', attributes: {}, children };
}

function changedSlice(slice: DraftElement, { nodes, expiry }: DraftChanges): DraftElement {
  const attributes =
    expiry === undefined ? slice.attributes : { ...slice.attributes, expiry: String(expiry) };
  if (nodes.length === 0) return { ...slice, attributes };
  const others = slice.children.filter((child) => !isNamed(child, 'nodes'));
  return { ...slice, attributes, children: [nodesElement(nodes), ...others] };
}

/** The root has the namespace: nothing below may have one of its own. */
function ticketOf(root: DraftElement): DraftElement {
  if (root.name === 'ticket') return root;
  if (root.name !== 'slice') {
    refuse(`its root is <${root.name.slice(0, 80)}>, not <ticket> or <slice>`);
  }
  const { xmlns, ...rest } = root.attributes;
  const attributes: Record<string, string> = xmlns === undefined ? {} : { xmlns };
  return { name: 'ticket', attributes, children: [{ ...root, attributes: rest }] };
}

/** completeDraft returns the unsigned ticket; throws a Fault for a draft that is no XML, or of something else. */
export function completeDraft(bytes: Uint8Array, changes: DraftChanges): string {
  // Before `issued` is put into it, which no ticket of PLC 3 has.
  refuseForeign(bytes);
  if (!isUtf8(bytes)) refuse('it is not UTF-8');
  const ticket = ticketOf(readRoot(Buffer.from(bytes).toString('utf8')));
  return writeDraftXml({
    ...ticket,
    attributes: { issued: String(changes.issued), ...ticket.attributes },
    children: ticket.children.map((child) =>
      isNamed(child, 'slice') ? changedSlice(child, changes) : child,
    ),
  });
}

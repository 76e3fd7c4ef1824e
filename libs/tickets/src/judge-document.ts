/**
 * Decides whether a document is built as a ticket is: which root, which namespaces, one slice, one
 * signature and where. What the slice says is read elsewhere, from the bytes that were signed. Pure.
 */
import type { XmlElement, XmlNode } from './plain-xml.ts';
import { quote, refuseTicket } from './refuse-ticket.ts';

/** Of the ticket's own elements; none at all is as good. */
const NAMESPACE = 'http://www.planet-lab.org/xml';

export interface TicketParts {
  readonly root: XmlElement;
  /** Without its <KeyInfo>. Absent in a ticket that is yet to be signed. */
  readonly signature?: XmlElement;
}

function* elementsBelow(parent: XmlElement): Generator<XmlElement> {
  for (const node of parent.children) {
    if (typeof node === 'string') continue;
    yield node;
    yield* elementsBelow(node);
  }
}

function checkNamespaces(root: XmlElement, signature: XmlElement | undefined): void {
  const namespace = root.attributes.get('xmlns');
  if (namespace !== undefined && namespace !== NAMESPACE) {
    refuseTicket(`the root is in the namespace ${quote(namespace)}`);
  }
  for (const below of elementsBelow(root)) {
    if (below !== signature && below.attributes.has('xmlns')) {
      refuseTicket(`<${below.name}> changes the namespace`);
    }
  }
}

/** Returns the root's last child but for white space, if that is a <Signature>. */
function lastSignature({ children }: XmlElement): XmlElement | undefined {
  const last = children.findLast((node: XmlNode) => typeof node !== 'string' || node.trim() !== '');
  return typeof last === 'object' && last.name === 'Signature' ? last : undefined;
}

function checkCounts(root: XmlElement, signature: XmlElement | undefined): void {
  const names = [...elementsBelow(root)].map(({ name }) => name);
  const count = (wanted: string): number => names.filter((name) => name === wanted).length;
  if (count('slice') > 1) refuseTicket('it has more than one <slice>');
  if (count('Signature') > 1) refuseTicket('it has more than one <Signature>');
  if (count('SignedInfo') > 1) refuseTicket('it has more than one <SignedInfo>');
  if (count('Signature') === 1 && signature === undefined) {
    refuseTicket('its <Signature> is not the last child of the root');
  }
}

/**
 * Takes `<KeyInfo>` away. Tools write it, and it may hold what a ticket may not, but it is no part of what
 * is signed, and the key comes from the trust list: nothing below has to know that there was one.
 */
function withoutKeyInfo(parts: TicketParts): TicketParts {
  const { signature } = parts;
  if (signature === undefined) return parts;
  const children = signature.children.filter(
    (node) => typeof node === 'string' || node.name !== 'KeyInfo',
  );
  const replacement = { ...signature, children };
  return { root: withSignature(parts, replacement), signature: replacement };
}

/** judgeDocument tells a ticket's parts apart; throws a Fault for a document that is built otherwise. */
export function judgeDocument(document: XmlElement): TicketParts {
  if (document.name !== 'ticket') refuseTicket(`the root is <${document.name}>, not <ticket>`);
  const last = lastSignature(document);
  const parts = withoutKeyInfo(
    last === undefined ? { root: document } : { root: document, signature: last },
  );
  checkCounts(parts.root, parts.signature);
  checkNamespaces(parts.root, parts.signature);
  return parts;
}

/** withSignature returns the root with another signature in the place of its own, or with none. */
export function withSignature(
  { root, signature }: TicketParts,
  replacement?: XmlElement,
): XmlElement {
  const children = root.children.flatMap((node) => {
    if (node !== signature) return [node];
    return replacement === undefined ? [] : [replacement];
  });
  return { ...root, children };
}

/**
 * A document as the elements, attributes and text that it consists of, and the one way in which this
 * library writes it. Comments, instructions, declarations and prefixes have no place in it. Pure.
 */

export interface XmlElement {
  readonly name: string;
  /** In the order of the document. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
}

export type XmlNode = XmlElement | string;

/** element makes an element; attributes without a value are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
  children: readonly XmlNode[] = [],
): XmlElement {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return { name, attributes: new Map(given.map(([key, value]) => [key, String(value)])), children };
}

/** Everything that any parser could take for something else, or change, when it stands there as it is. */
const NOT_PLAIN_IN_TEXT = /[^\t\n\x20-\x7e]|[&<>]/gu;
const NOT_PLAIN_IN_ATTRIBUTE = /[^\x20-\x7e]|[&<>"']/gu;

const reference = (character: string): string =>
  `&#x${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()};`;

function writeNode(node: XmlNode, pieces: string[]): void {
  if (typeof node === 'string') {
    pieces.push(node.replace(NOT_PLAIN_IN_TEXT, reference));
    return;
  }
  pieces.push('<', node.name);
  for (const [name, value] of node.attributes) {
    pieces.push(` ${name}="${value.replace(NOT_PLAIN_IN_ATTRIBUTE, reference)}"`);
  }
  pieces.push('>');
  for (const child of node.children) writeNode(child, pieces);
  pieces.push('</', node.name, '>');
}

/** writeXml writes an element in printable ASCII, everything else as character references. */
export function writeXml(root: XmlElement): string {
  const pieces: string[] = [];
  writeNode(root, pieces);
  return pieces.join('');
}

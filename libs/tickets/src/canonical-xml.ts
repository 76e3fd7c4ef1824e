/**
 * The canonical form (C14N 1.0) of plain XML, in linear time. It settles nothing by itself: by it a document
 * that was changed is told from one that was not, before xml-crypto spends more than linear time on it.
 * Plain XML has neither prefixes nor comments, and only its root may have a namespace, so that most of
 * C14N has nothing to say about it. Pure.
 */
import type { XmlElement, XmlNode } from './plain-xml.ts';

const TEXT: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#xD;',
};
const ATTRIBUTE: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

const inText = (text: string): string => text.replace(/[&<>\r]/g, (found) => TEXT[found] ?? found);
const inAttribute = (text: string): string =>
  text.replace(/[&<"\t\n\r]/g, (found) => ATTRIBUTE[found] ?? found);

/** The namespace stands before all attributes, and those in the order of their names, which are ASCII. */
function byRank([one]: readonly [string, string], [other]: readonly [string, string]): number {
  if (one === 'xmlns' || other === 'xmlns') return one === 'xmlns' ? -1 : 1;
  return one < other ? -1 : 1;
}

function writeNode(node: XmlNode, pieces: string[]): void {
  if (typeof node === 'string') {
    pieces.push(inText(node));
    return;
  }
  pieces.push('<', node.name);
  for (const [name, value] of [...node.attributes].sort(byRank)) {
    pieces.push(` ${name}="${inAttribute(value)}"`);
  }
  pieces.push('>');
  for (const child of node.children) writeNode(child, pieces);
  pieces.push('</', node.name, '>');
}

/** canonicalXml returns the canonical form of an element below which no namespace changes. */
export function canonicalXml(root: XmlElement): string {
  const pieces: string[] = [];
  writeNode(root, pieces);
  return pieces.join('');
}

/**
 * The XML of a draft as a tree that can be changed and written again, for those who make tickets of drafts.
 * Nothing is resolved or escaped on the way: values and texts stay in the spelling of the draft, references
 * included, and mean what they meant. No rule of tickets is judged here: whoever signs reads what comes out
 * strictly, and writes it anew. Pure.
 */
import { Fault } from '@nodemgr/faults';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';
import * as z from 'zod';

export interface DraftElement {
  readonly name: string;
  /** As written between the quotes, in the order of the draft. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly DraftNode[];
}

/** A text is as it may stand between tags: `&lt;` is four characters. */
export type DraftNode = DraftElement | string;

/** Deeper nothing of a slice means anything. */
const MAX_DEPTH = 20;
const TEXT = '#text';
const CDATA = '#cdata';
const ATTRIBUTES = ':@';
const ATTRIBUTE = '@_';
/** Of both parser and builder. */
const SHAPE = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE,
  textNodeName: TEXT,
  cdataPropName: CDATA,
  processEntities: false,
} as const;

const attributesSchema = z.record(z.string(), z.string());
const nodesSchema = z.array(z.record(z.string(), z.unknown()));
const cdataSchema = z.tuple([z.object({ [TEXT]: z.string() })]);

const escapeText = (text: string): string =>
  text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);

function draftNode(node: Readonly<Record<string, unknown>>): DraftNode {
  const { [ATTRIBUTES]: attributes = {}, [TEXT]: text, ...rest } = node;
  if (typeof text === 'string') return text;
  const [[name, content] = ['', []]] = Object.entries(rest);
  if (name === CDATA) return escapeText(cdataSchema.parse(content)[0][TEXT]);
  const given = Object.entries(attributesSchema.parse(attributes));
  return {
    name,
    attributes: Object.fromEntries(
      given.map(([key, value]) => [key.slice(ATTRIBUTE.length), value]),
    ),
    children: nodesSchema.parse(content).map(draftNode),
  };
}

/** Half a character of two UTF-16 units: no file holds one, and readers of XML take the next unit along with it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** fast-xml-parser mends what is not well-formed; a draft that was cut short must not be signed. */
function checkWellFormed(text: string): void {
  if (LONE_SURROGATE.test(text))
    throw new Fault('bad-argument', 'it is not well-formed: there is half a character in it');
  const parser = new SaxesParser({ xmlns: false });
  parser.on('error', ({ message }) => {
    throw new Fault('bad-argument', `it is not well-formed: ${message}`);
  });
  parser.on('doctype', () => {
    throw new Fault('bad-argument', '<!DOCTYPE is not allowed');
  });
  parser.write(text).close();
}

/**
 * readDraftXml returns the root of a document. What only a person needs (comments, instructions, the
 * borders of CDATA) is gone. What stands in an element named in `unread` is its one text, unread. Throws a
 * Fault for a document that is not well-formed, has a DOCTYPE, or is nested too deep.
 */
export function readDraftXml(text: string, unread: readonly string[] = []): DraftElement {
  checkWellFormed(text);
  const parser = new XMLParser({
    ...SHAPE,
    trimValues: false,
    parseTagValue: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    maxNestedTags: MAX_DEPTH,
    stopNodes: unread.map((name) => `..${name}`),
    onDangerousProperty: (name) => name,
  });
  try {
    const [root] = nodesSchema.parse(parser.parse(text)).map(draftNode);
    if (typeof root === 'object') return root;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Fault('bad-argument', `it cannot be read: ${why}`, { cause });
  }
  throw new Fault('bad-argument', 'it has no root');
}

function builtNode(node: DraftNode): Record<string, unknown> {
  if (typeof node === 'string') return { [TEXT]: node };
  const given = Object.entries(node.attributes);
  return {
    [node.name]: node.children.map(builtNode),
    [ATTRIBUTES]: Object.fromEntries(given.map(([key, value]) => [ATTRIBUTE + key, value])),
  };
}

/** writeDraftXml writes an element. */
export function writeDraftXml(root: DraftElement): string {
  const builder = new XMLBuilder({ ...SHAPE, suppressBooleanAttributes: false });
  return builder.build([builtNode(root)]);
}

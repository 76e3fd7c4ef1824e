/**
 * Reads one XML-RPC document in a single pass of saxes (strict: well-formed XML only), with bounds
 * of our own. It keeps the open elements and what they hold so far, and of that no more than is wanted.
 */
import { Fault } from '@nodemgr/faults';
import { SaxesParser } from 'saxes';
import { decodeText } from './decode-text.ts';
import { ELEMENTS, type ElementRule, type Part } from './element-rules.ts';
import { BadScalar, trimXml } from './parse-scalar.ts';
import type { XmlRpcValue } from './xml-rpc-value.ts';

/** What a document may ask of us. Its length in bytes is whoever reads it to bound. */
export interface DecodeBounds {
  /** How deep arrays and structs may nest. */
  readonly maxDepth: number;
  /** How many <value> elements there may be. */
  readonly maxValues: number;
  /** Characters of text in one element. */
  readonly maxText: number;
}

export const DEFAULT_BOUNDS: DecodeBounds = Object.freeze({
  maxDepth: 16,
  maxValues: 50_000,
  maxText: 1 << 20,
});

/**
 * What is wanted of a value, so that a large document need not be held whole: a struct loses its other members, and
 * `take` replaces the value once it has been read. What is not wanted has to be well-formed all the same.
 */
export interface Wanted {
  /** Of a struct; absent: all that it has. */
  readonly members?: Readonly<Record<string, Wanted>>;
  /** Of each item of an array. */
  readonly items?: Wanted;
  readonly take?: (value: XmlRpcValue) => XmlRpcValue;
}

/** All of a value. */
const ALL: Wanted = {};
/** Nothing of it: its members and items go as soon as they are read. */
const NOTHING: Wanted = {
  members: {},
  take: () => null,
  get items() {
    return NOTHING;
  },
};

/** isWanted reports whether a struct of which `wanted` is wanted keeps that member. */
const isWanted = ({ members }: Wanted, name: XmlRpcValue): boolean =>
  members === undefined || (typeof name === 'string' && Object.hasOwn(members, name));

const taken = ({ take }: Wanted, value: XmlRpcValue): XmlRpcValue =>
  take === undefined ? value : take(value);

/** nameIn returns what the member that is being read is called, once that is known. */
const nameIn = ({ parts }: Pick<OpenElement, 'parts'>): XmlRpcValue =>
  parts.find((part) => part.tag === 'name')?.value ?? null;

interface OpenElement {
  readonly tag: string;
  readonly rule: ElementRule;
  readonly parts: Part[];
  /** Of the value that it is, or is part of. */
  readonly wanted: Wanted;
  text: string;
}

/** The root element of a document, and what it holds. */
export interface Document {
  readonly root: string;
  readonly parts: readonly Part[];
}

/** A document with a DTD could define entities; nothing that XML-RPC says needs one (XXE, 'billion laughs'). */
const DTD = /<!(?:DOCTYPE|ENTITY)/i;

const shown = (text: string): string => JSON.stringify(text.length > 60 ? text.slice(0, 60) : text);

/**
 * A document that declares XML 1.1 is read as XML 1.0 (section 2.8): XML-RPC is defined on that, and
 * 1.1 would let in control characters that no answer of ours can carry.
 */
const SAXES_OPTIONS = { xmlns: false, defaultXMLVersion: '1.0', forceXMLVersion: true } as const;

/** Reads a document that may come in pieces. Throws Fault 'not-xml-rpc', and nothing else. */
export class DocumentReader {
  readonly #open: OpenElement[] = [];
  readonly #parser = new SaxesParser(SAXES_OPTIONS);
  #values = 0;
  #depth = 0;
  #document: Document | undefined;

  constructor(
    private readonly roots: readonly string[],
    private readonly bounds: DecodeBounds,
    private readonly wanted: Wanted = ALL,
  ) {
    const parser = this.#parser;
    parser.on('opentag', ({ name }) => this.#enter(name));
    parser.on('text', (text) => this.#text(text));
    parser.on('cdata', (text) => this.#text(text));
    parser.on('closetag', () => this.#leave());
    parser.on('doctype', () => this.#fail('<!DOCTYPE is not allowed'));
    parser.on('error', ({ message }) => {
      throw new Fault('not-xml-rpc', `not well-formed XML, line ${message}`);
    });
  }

  write(text: string): void {
    this.#parser.write(text);
  }

  /** end returns the document, which is whole now. */
  end(): Document {
    this.#parser.close();
    // saxes has refused a document without a root.
    return this.#document ?? this.#fail('no document');
  }

  #enter(tag: string): void {
    const rule = this.#admit(tag);
    if (tag === 'value' && ++this.#values > this.bounds.maxValues) {
      this.#fail(`more than ${this.bounds.maxValues} values`);
    }
    if ((tag === 'array' || tag === 'struct') && ++this.#depth > this.bounds.maxDepth) {
      this.#fail(`arrays and structs nest deeper than ${this.bounds.maxDepth} levels`);
    }
    this.#open.push({ tag, rule, parts: [], wanted: this.#wantedOf(tag), text: '' });
  }

  #wantedOf(tag: string): Wanted {
    const parent = this.#open.at(-1);
    if (parent === undefined) return ALL;
    const { wanted } = parent;
    if (tag !== 'value') return wanted;
    if (parent.tag === 'param') return this.wanted;
    if (parent.tag === 'data') return wanted.items ?? ALL;
    const name = parent.tag === 'member' ? nameIn(parent) : null;
    if (typeof name !== 'string') return ALL;
    return isWanted(wanted, name) ? (wanted.members?.[name] ?? ALL) : NOTHING;
  }

  /** #admit returns the rule of an element that may stand here. */
  #admit(tag: string): ElementRule {
    const parent = this.#open.at(-1);
    const allowed = parent === undefined ? this.roots : parent.rule.children;
    const rule = ELEMENTS.get(tag);
    if (rule === undefined || !allowed.includes(tag)) {
      const wants =
        allowed.length === 0 ? 'only text' : allowed.map((name) => `<${name}>`).join(', ');
      const where = parent === undefined ? 'the document' : `<${parent.tag}>`;
      return this.#fail(`${where} wants ${wants}, got <${tag.slice(0, 60)}>`);
    }
    if (parent !== undefined) this.#admitOneMore(parent, tag);
    return rule;
  }

  #admitOneMore({ tag, rule, parts }: OpenElement, child: string): void {
    const twice = !rule.repeats && parts.some((part) => part.tag === child);
    if (twice) this.#fail(`<${tag}> has two <${child}>`);
    if (parts.length >= rule.atMost) this.#fail(`<${tag}> has more than one element`);
  }

  #text(text: string): void {
    const element = this.#open.at(-1);
    // Outside the root saxes itself allows nothing but white space.
    if (element === undefined) return;
    if (!element.rule.text) {
      if (trimXml(text) !== '') this.#fail(`<${element.tag}> wants no text, got ${shown(text)}`);
      return;
    }
    if (element.text.length + text.length > this.bounds.maxText) {
      this.#fail(`<${element.tag}> has more than ${this.bounds.maxText} characters`);
    }
    element.text += text;
  }

  #leave(): void {
    const element = this.#open.at(-1);
    if (element === undefined) return;
    const { tag, rule, parts, wanted, text } = element;
    const missing = rule.required.find((name) => !parts.some((part) => part.tag === name));
    if (missing !== undefined) this.#fail(`<${tag}> lacks <${missing}>`);
    const value = this.#fold(rule, parts, text);
    this.#open.pop();
    if (tag === 'array' || tag === 'struct') this.#depth -= 1;
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#document = { root: tag, parts };
    else if (tag === 'value') parent.parts.push({ tag, value: taken(wanted, value) });
    else if (tag !== 'member' || isWanted(wanted, nameIn(element)))
      parent.parts.push({ tag, value });
  }

  #fold(rule: ElementRule, parts: readonly Part[], text: string): Part['value'] {
    try {
      return rule.fold(parts, text);
    } catch (error) {
      if (error instanceof BadScalar) this.#fail(error.message);
      throw error;
    }
  }

  /** #fail names what is wrong and where: 'param 2, item 3: …'. */
  #fail(what: string): never {
    const where = this.#open.flatMap(({ tag, parts }) => {
      if (tag === 'params') return [`param ${parts.length + 1}`];
      if (tag === 'data') return [`item ${parts.length + 1}`];
      const name = tag === 'member' ? nameIn({ parts }) : null;
      return typeof name === 'string' ? [`member ${shown(name)}`] : [];
    });
    const at = `line ${this.#parser.line}`;
    throw new Fault('not-xml-rpc', `${where.length === 0 ? at : where.join(', ')}: ${what}`);
  }
}

/**
 * readDocument reads a body whose root element is one of `roots`. Throws Fault 'not-xml-rpc', and
 * nothing else, for anything that is not such a document or exceeds the bounds.
 */
export function readDocument(
  body: Uint8Array,
  roots: readonly string[],
  bounds: DecodeBounds,
): Document {
  if (body.length === 0) throw new Fault('not-xml-rpc', 'the body is empty');
  const text = decodeText(body);
  if (DTD.test(text)) {
    throw new Fault('not-xml-rpc', '<!DOCTYPE and <!ENTITY are not allowed anywhere in the text');
  }
  const reader = new DocumentReader(roots, bounds);
  reader.write(text);
  return reader.end();
}

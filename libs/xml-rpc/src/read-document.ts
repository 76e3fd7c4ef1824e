/**
 * Reads one XML-RPC document in a single pass of saxes (strict: well-formed XML only), with bounds
 * of our own. It keeps the open elements and what they hold so far, never a tree of the document.
 */
import { Fault } from '@nodemgr/faults';
import { SaxesParser } from 'saxes';
import { decodeText } from './decode-text.ts';
import { ELEMENTS, type ElementRule, type Part } from './element-rules.ts';
import { BadScalar, trimXml } from './parse-scalar.ts';

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

interface OpenElement {
  readonly tag: string;
  readonly rule: ElementRule;
  readonly parts: Part[];
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

class DocumentReader {
  readonly #open: OpenElement[] = [];
  readonly #parser = new SaxesParser(SAXES_OPTIONS);
  #values = 0;
  #depth = 0;
  #document: Document | undefined;

  constructor(
    private readonly roots: readonly string[],
    private readonly bounds: DecodeBounds,
  ) {
    const parser = this.#parser;
    parser.on('opentag', ({ name }) => this.#enter(name));
    parser.on('text', (text) => this.#text(text));
    parser.on('cdata', (text) => this.#text(text));
    parser.on('closetag', () => this.#leave());
    parser.on('error', ({ message }) => {
      throw new Fault('not-xml-rpc', `not well-formed XML, line ${message}`);
    });
  }

  read(text: string): Document {
    this.#parser.write(text).close();
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
    this.#open.push({ tag, rule, parts: [], text: '' });
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
    const { tag, rule, parts, text } = element;
    const missing = rule.required.find((name) => !parts.some((part) => part.tag === name));
    if (missing !== undefined) this.#fail(`<${tag}> lacks <${missing}>`);
    const value = this.#fold(rule, parts, text);
    this.#open.pop();
    if (tag === 'array' || tag === 'struct') this.#depth -= 1;
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#document = { root: tag, parts };
    else parent.parts.push({ tag, value });
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
      const name = tag === 'member' ? parts.find((part) => part.tag === 'name')?.value : undefined;
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
  return new DocumentReader(roots, bounds).read(text);
}

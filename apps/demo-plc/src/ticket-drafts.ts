/**
 * Finds the slices of a slices.xml that PLC gives tickets for, as drafts of those tickets. Such a slice has
 * `<ticket_nodes>` beside its `<nodes>`: the nodes on which PLC does not instantiate it, and on which a
 * ticket may. A node that reads slices.xml ignores the element. Whether a slice makes a ticket is not
 * judged here: whoever signs judges. Pure.
 */
import { SaxesParser, type SaxesTagPlain } from 'saxes';

/** A ticket without the moment of its issue. */
export interface TicketDraft {
  /** Text of the ticket's `<slice>`, and of the `<key>` elements of its users. */
  readonly elements: string;
}

interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (XmlElement | string)[];
}

/** Deeper nothing of a slice means anything. */
const MAX_DEPTH = 20;
const MARK = 'ticket_nodes';
/** Of a slice in a ticket; `<ticket_nodes>` become its `<nodes>`. */
const TICKET_PARTS = new Set([MARK, 'users', 'rspec']);
const NOT_PLAIN = /[^\t\n\x20-\x7e]|[&<>"']/gu;

const escapeXml = (text: string): string =>
  text.replace(NOT_PLAIN, (character) => `&#${character.codePointAt(0) ?? 0};`);

/** Line ends and tabs would come back from an attribute as blanks. */
const escapeAttribute = (text: string): string =>
  escapeXml(text).replace(/[\t\n]/g, (character) => `&#${character.charCodeAt(0)};`);

function writeElement({ name, attributes, children }: XmlElement): string {
  const given = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeAttribute(value)}"`,
  );
  const inside = children.map((child) =>
    typeof child === 'string' ? escapeXml(child) : writeElement(child),
  );
  return `<${name}${given.join('')}>${inside.join('')}</${name}>`;
}

function* elementsIn({ children }: XmlElement): Generator<XmlElement> {
  for (const child of children) if (typeof child !== 'string') yield child;
}

class DraftReader {
  readonly #parser = new SaxesParser({ xmlns: false });
  /** From the `<slice>` down; empty elsewhere. */
  readonly #open: XmlElement[] = [];
  readonly #marked: XmlElement[] = [];
  /** By person_id. */
  readonly #keys = new Map<string, string[]>();

  constructor() {
    this.#parser.on('error', (error) => {
      throw error;
    });
    this.#parser.on('opentag', (tag) => this.#start(tag));
    this.#parser.on('closetag', () => this.#end());
    this.#parser.on('text', (text) => this.#open.at(-1)?.children.push(text));
    this.#parser.on('cdata', (text) => this.#open.at(-1)?.children.push(text));
  }

  read(text: string): ReadonlyMap<string, TicketDraft> {
    this.#parser.write(text).close();
    return new Map(
      this.#marked.map((slice) => [
        slice.attributes['name'] ?? '',
        { elements: writeElement(forTicket(slice)) + this.#keysOf(slice) },
      ]),
    );
  }

  #start({ name, attributes }: SaxesTagPlain): void {
    const element = { name, attributes, children: [] };
    if (name === 'key') this.#addKey(element);
    const parent = this.#open.at(-1);
    if (parent === undefined && name !== 'slice') return;
    if (this.#open.length >= MAX_DEPTH) throw new Error(`a slice is deeper than ${MAX_DEPTH}`);
    parent?.children.push(element);
    this.#open.push(element);
  }

  #end(): void {
    const element = this.#open.pop();
    if (element === undefined || this.#open.length > 0) return;
    if ([...elementsIn(element)].some(({ name }) => name === MARK)) this.#marked.push(element);
  }

  #addKey(element: XmlElement): void {
    const person = element.attributes['person_id'] ?? '';
    this.#keys.set(person, [...(this.#keys.get(person) ?? []), writeElement(element)]);
  }

  #keysOf(slice: XmlElement): string {
    const users = [...elementsIn(slice)].filter(({ name }) => name === 'users');
    const people = users.flatMap((parent) =>
      [...elementsIn(parent)].map(({ attributes }) => attributes['person_id'] ?? ''),
    );
    return [...new Set(people)].flatMap((person) => this.#keys.get(person) ?? []).join('');
  }
}

function forTicket(slice: XmlElement): XmlElement {
  const parts = [...elementsIn(slice)].filter(({ name }) => TICKET_PARTS.has(name));
  const children = parts.map((part) => (part.name === MARK ? { ...part, name: 'nodes' } : part));
  return { ...slice, children };
}

/** readDrafts returns the drafts by the names of their slices; throws when the document is not well-formed. */
export function readDrafts(document: string): ReadonlyMap<string, TicketDraft> {
  return new DraftReader().read(document);
}

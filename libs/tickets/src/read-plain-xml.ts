/**
 * Reads the bytes of a ticket into plain XML, and refuses every means of XML by which two readers may
 * come to see different documents: declarations and entities, comments, instructions, CDATA, prefixes,
 * `xml:` attributes, names that are not ASCII. A ticket is written by a machine and needs none. Pure.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import type { XmlElement, XmlNode } from './plain-xml.ts';
import { refuseForeign } from './refuse-foreign.ts';
import { quote, refuseTicket } from './refuse-ticket.ts';

/** A slice on a thousand nodes with ten keys has a third of it, and all the elements that it needs. */
export const MAX_TICKET_BYTES = 256 * 1024;
/** xml-crypto's time grows with the square of these: half a second to one where there is no JIT. */
export const MAX_ELEMENTS = 1200;
export const MAX_DEPTH = 20;
/** Of one element. */
export const MAX_ATTRIBUTES = 32;
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

interface OpenElement extends XmlElement {
  readonly children: XmlNode[];
}

class PlainReader {
  readonly #parser = new SaxesParser({
    xmlns: false,
    defaultXMLVersion: '1.0',
    forceXMLVersion: true,
  });
  readonly #open: OpenElement[] = [];
  #root: XmlElement | undefined;
  #elements = 0;

  constructor() {
    const parser = this.#parser;
    // Without a prototype, or `&constructor;` would be defined.
    parser.ENTITIES = Object.assign(Object.create(null), {
      amp: '&',
      gt: '>',
      lt: '<',
      quot: '"',
      apos: "'",
    });
    parser.on('error', ({ message }) => refuseTicket(`not well-formed: ${message}`));
    parser.on('xmldecl', (declared) => this.#checkDeclaration(declared));
    parser.on('doctype', () => this.#refuse('<!DOCTYPE'));
    parser.on('comment', () => this.#refuse('a comment'));
    parser.on('processinginstruction', () => this.#refuse('a processing instruction'));
    parser.on('cdata', () => this.#refuse('CDATA'));
    parser.on('opentag', (tag) => this.#start(tag));
    parser.on('closetag', () => {
      this.#root = this.#open.pop();
    });
    parser.on('text', (text) => {
      this.#open.at(-1)?.children.push(text);
    });
  }

  read(text: string): XmlElement {
    this.#parser.write(text).close();
    return this.#root ?? refuseTicket('it is empty');
  }

  #refuse(what: string): never {
    refuseTicket(`line ${this.#parser.line}: ${what} is not allowed in a ticket`);
  }

  #checkDeclaration({ version, encoding }: { version?: string; encoding?: string }): void {
    if (version !== '1.0') this.#refuse(`XML ${quote(version ?? '')}`);
    if (encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(encoding)) {
      this.#refuse(`the encoding ${quote(encoding)}`);
    }
  }

  #start(tag: SaxesTagPlain): void {
    this.#elements += 1;
    if (this.#elements > MAX_ELEMENTS) refuseTicket(`it has more than ${MAX_ELEMENTS} elements`);
    if (this.#open.length >= MAX_DEPTH) refuseTicket(`it is nested deeper than ${MAX_DEPTH}`);
    const attributes = new Map(Object.entries(tag.attributes));
    if (attributes.size > MAX_ATTRIBUTES) {
      refuseTicket(`an element has more than ${MAX_ATTRIBUTES} attributes`);
    }
    for (const name of [tag.name, ...attributes.keys()]) {
      if (!NAME.test(name)) this.#refuse(`the name ${quote(name)}`);
    }
    const opened: OpenElement = { name: tag.name, attributes, children: [] };
    this.#open.at(-1)?.children.push(opened);
    this.#open.push(opened);
  }
}

/** readPlainXml reads a whole document, at most MAX_TICKET_BYTES; throws a Fault that says why not. */
export function readPlainXml(bytes: Uint8Array): XmlElement {
  if (bytes.byteLength > MAX_TICKET_BYTES) {
    refuseTicket(`it has more than ${MAX_TICKET_BYTES} bytes`);
  }
  refuseForeign(bytes);
  if (bytes.length === 0) refuseTicket('it is empty');
  if (!isUtf8(bytes)) refuseTicket('it is not UTF-8');
  return new PlainReader().read(Buffer.from(bytes).toString('utf8'));
}

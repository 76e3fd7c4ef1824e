/**
 * Reads the XML of a slices.xml, or of a ticket, which says the same of one slice, into what its elements
 * say, unjudged; refuses what is not well-formed.
 * The parser is saxes because it refuses everything that XML refuses: fast-xml-parser's validator lets
 * a second root, text after the root and undefined entities through. Pure.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { DocumentForm, RawDocument, RawSlice } from './raw-document.ts';
import { quote } from './remark-list.ts';
import { readNatural } from './xml-integer.ts';

/** Thrown by readDocument: the document counts for nothing. */
export class DocumentRefused extends Error {
  override readonly name = 'DocumentRefused';
  constructor(
    readonly at: number,
    reason: string,
  ) {
    super(reason);
  }
}

const MAX_DEPTH = 100;
/** A hundred times what a document of 30 MB has once other nodes' elements are out. */
const MAX_ELEMENTS = 5_000_000;
/** The elements that mean something, their plurals and singulars, in any case: one that is unknown is misspelt. */
const NEARLY_KNOWN = /^(slice|node|user|resource|value|delegate|lease)s?$|^(key|rspec)$/i;
/** Misspelt elements that are remembered. */
const MAX_STRANGERS = 1000;
const NO_NODES = 'it has no <nodes>';

/** Where an element stands, and which of its children mean something there. */
const CHILDREN = {
  document: { planetlab_slices: 'root', ticket: 'root' },
  root: { slice: 'slice', leases: 'leases' },
  leases: { lease: 'lease' },
  lease: {},
  slice: { nodes: 'nodes', users: 'users', rspec: 'rspec', delegates: 'delegates' },
  nodes: { node: 'node' },
  node: {},
  users: { user: 'user' },
  user: {},
  delegates: { delegate: 'delegate' },
  delegate: {},
  rspec: { resource: 'resource' },
  resource: { value: 'value' },
  value: {},
  /** Inside an unknown element: nothing but keys means anything. */
  elsewhere: {},
} as const satisfies Record<string, Readonly<Record<string, string>>>;
type Place = keyof typeof CHILDREN;

function placeOf(parent: Place, local: string): Place {
  const children: Readonly<Record<string, Place>> = CHILDREN[parent];
  return Object.hasOwn(children, local) ? (children[local] ?? 'elsewhere') : 'elsewhere';
}

/** The five entities of XML and no other; without a prototype, or `&constructor;` would be defined. */
const entities = (): Record<string, string> =>
  Object.assign(Object.create(null), { amp: '&', gt: '>', lt: '<', quot: '"', apos: "'" });

class DocumentReader {
  readonly document: RawDocument = {
    version: '',
    issued: undefined,
    serial: undefined,
    leases: undefined,
    slices: [],
    keys: [],
    strangers: [],
  };
  readonly #parser = new SaxesParser({
    xmlns: true,
    position: false,
    defaultXMLVersion: '1.0',
    forceXMLVersion: true,
  });
  readonly #form: DocumentForm;
  readonly #places: Place[] = ['document'];
  /** The namespace of the root: elements of another one are unknown elements. */
  #namespace = '';
  #elements = 0;
  /** Where the element now read began. */
  #at = 0;

  constructor(form: DocumentForm) {
    this.#form = form;
    const parser = this.#parser;
    parser.ENTITIES = entities();
    parser.on('error', (error) => this.#refuse(`not well-formed: ${error.message}`));
    parser.on('xmldecl', ({ encoding }) => this.#checkEncoding(encoding));
    parser.on('doctype', () => this.#refuse('<!DOCTYPE is not allowed'));
    parser.on('opentagstart', () => {
      this.#at = parser.position;
    });
    parser.on('opentag', (tag) => this.#open(tag));
    parser.on('closetag', () => this.#close());
    parser.on('text', (text) => this.#text(text));
    parser.on('cdata', (text) => this.#text(text));
  }

  read(text: string): RawDocument {
    this.#parser.write(text).close();
    return this.document;
  }

  #refuse(reason: string): never {
    throw new DocumentRefused(this.#parser.position, reason);
  }

  #checkEncoding(encoding: string | undefined): void {
    if (encoding === undefined || /^(utf-8|us-ascii)$/i.test(encoding)) return;
    this.#refuse(`the encoding is declared as ${encoding}; only UTF-8 is read`);
  }

  #open(tag: SaxesTagNS): void {
    this.#elements += 1;
    if (this.#elements > MAX_ELEMENTS) this.#refuse(`more than ${MAX_ELEMENTS} elements`);
    if (this.#places.length > MAX_DEPTH) this.#refuse(`nested deeper than ${MAX_DEPTH} elements`);
    const parent = this.#places.at(-1) ?? 'document';
    if (parent === 'document') this.#openRoot(tag);
    const known = tag.uri === this.#namespace;
    const place = known ? placeOf(parent, tag.local) : 'elsewhere';
    this.#places.push(place);
    const attribute = (name: string) => tag.attributes[name]?.value;
    if (known && tag.local === 'key') this.#addKey(attribute);
    else if (place === 'elsewhere') this.#addStranger(parent, tag.name);
    else this.#enter(place, attribute);
  }

  #openRoot(tag: SaxesTagNS): void {
    const { root } = this.#form;
    if (tag.local !== root) {
      this.#refuse(`the root is <${tag.name.slice(0, 80)}>, not <${root}>`);
    }
    this.#namespace = tag.uri;
    this.document.issued = tag.attributes['issued']?.value;
    this.document.serial = tag.attributes['serial']?.value;
    this.document.version = tag.attributes['version']?.value ?? '';
  }

  /** What is in an unknown element needs no word of its own; one of another name is an extension, not ours. */
  #addStranger(parent: Place, name: string): void {
    const { strangers } = this.document;
    if (this.#form.root === 'ticket' || parent === 'elsewhere' || !NEARLY_KNOWN.test(name)) return;
    if (strangers.length < MAX_STRANGERS) strangers.push({ at: this.#at, parent, name });
  }

  #addKey(attribute: (name: string) => string | undefined): void {
    this.document.keys.push({
      at: this.#at,
      person: attribute('person_id'),
      type: attribute('type'),
      value: attribute('value') ?? '',
    });
  }

  #enter(place: Place, attribute: (name: string) => string | undefined): void {
    const slice = this.document.slices.at(-1);
    const at = this.#at;
    const name = attribute('name');
    if (place === 'slice') this.#addSlice(attribute);
    else if (place === 'nodes' && slice?.unclear === NO_NODES) slice.unclear = undefined;
    else if (place === 'leases') this.#openLeases(attribute('policy'));
    else if (place === 'lease') this.#addLease(attribute);
    else if (place === 'node') this.#addNode(slice, attribute);
    else if (place === 'user') slice?.users.push({ at, person: attribute('person_id') });
    else if (place === 'delegate') slice?.delegates.push({ name, methods: attribute('methods') });
    else if (place === 'resource') slice?.resources.push({ at, name, values: [] });
    else if (place === 'value') {
      slice?.resources.at(-1)?.values.push({ name, text: '' });
    }
  }

  /** A document that says nothing of the policy stops nobody. */
  #openLeases(policy = 'lease_or_shared'): void {
    if (this.#form.root === 'ticket') return;
    const { leases } = this.document;
    if (leases === undefined)
      this.document.leases = { at: this.#at, policy, again: [], leases: [] };
    else leases.again.push({ at: this.#at, policy });
  }

  #addLease(attribute: (name: string) => string | undefined): void {
    this.document.leases?.leases.push({
      at: this.#at,
      slice: attribute('slice')?.trim(),
      from: attribute('from'),
      until: attribute('until'),
    });
  }

  #addSlice(attribute: (name: string) => string | undefined): void {
    this.document.slices.push({
      at: this.#at,
      name: attribute('name')?.trim(),
      id: attribute('id'),
      expiry: attribute('expiry'),
      ours: this.#form.root === 'ticket',
      unclear: this.#form.root === 'ticket' ? undefined : NO_NODES,
      nodes: [],
      delegates: [],
      users: [],
      resources: [],
    });
  }

  #addNode(slice: RawSlice | undefined, attribute: (name: string) => string | undefined): void {
    if (slice === undefined) return;
    const id = attribute('id');
    if (this.#form.root === 'ticket') slice.nodes.push({ id, hostname: attribute('hostname') });
    else if (readNatural(id) === this.#form.nodeId) slice.ours = true;
    else if (readNatural(id) === undefined) {
      slice.unclear = id === undefined ? 'a <node> has no id' : `a <node> has the id ${quote(id)}`;
    }
  }

  #text(text: string): void {
    if (this.#places.at(-1) !== 'value') return;
    const value = this.document.slices.at(-1)?.resources.at(-1)?.values.at(-1);
    if (value) value.text += text;
  }

  #close(): void {
    if (this.#places.pop() !== 'slice') return;
    const slice = this.document.slices.at(-1);
    if (!slice || slice.ours) return;
    slice.delegates.length = 0;
    slice.users.length = 0;
    slice.resources.length = 0;
  }
}

/** readDocument reads a whole document; throws DocumentRefused when it counts for nothing. */
export function readDocument(text: string, form: DocumentForm): RawDocument {
  return new DocumentReader(form).read(text);
}

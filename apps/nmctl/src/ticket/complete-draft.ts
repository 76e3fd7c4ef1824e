/**
 * Makes an unsigned ticket of what an operator wrote: a `<ticket>`, or a `<slice>` with its `<key>`s in it.
 * What the command line says goes into it, and what only a person needs (comments, CDATA) goes out.
 * Whether the result is a ticket is for libs/tickets to say, which reads it by the rules of tickets. Pure.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { Fault } from '@nodemgr/faults';
import type { EpochSeconds } from '@nodemgr/records';
import { SaxesParser, type SaxesTagPlain } from 'saxes';

export interface DraftChanges {
  /** When the ticket is issued, unless the draft says when. */
  readonly issued: EpochSeconds;
  /** Ids in place of the draft's nodes; empty: those of the draft. */
  readonly nodes: readonly number[];
  /** In place of the draft's; undefined: that of the draft. */
  readonly expiry: EpochSeconds | undefined;
}

type Attributes = Readonly<Record<string, string>>;

const NOT_PLAIN = /[^\n\x20-\x7e]|[&<>"']/gu;
const reference = (character: string): string => `&#${character.codePointAt(0) ?? 0};`;
const escapeText = (text: string): string => text.replace(NOT_PLAIN, reference);
/** A line end would come back from an attribute as a blank. */
const escapeAttribute = (text: string): string => escapeText(text).replaceAll('\n', '&#10;');

function startTag(name: string, attributes: Attributes): string {
  const given = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeAttribute(value)}"`,
  );
  return `<${name}${given.join('')}>`;
}

function refuse(why: string): never {
  throw new Fault('bad-argument', `the draft cannot be signed: ${why}`);
}

class DraftCompleter {
  readonly #parser = new SaxesParser({ xmlns: false });
  readonly #pieces: string[] = [];
  readonly #open: string[] = [];
  /** How many elements are open when what is left out ends; undefined: nothing is left out. */
  #leftOut: number | undefined;

  constructor(private readonly changes: DraftChanges) {
    const parser = this.#parser;
    parser.on('error', ({ message }) => refuse(`it is not well-formed: ${message}`));
    parser.on('doctype', () => refuse('<!DOCTYPE is not allowed'));
    parser.on('opentag', (tag) => this.#start(tag));
    parser.on('closetag', ({ name }) => this.#end(name));
    parser.on('text', (text) => this.#write(escapeText(text)));
    parser.on('cdata', (text) => this.#write(escapeText(text)));
  }

  complete(text: string): string {
    this.#parser.write(text).close();
    return this.#pieces.join('');
  }

  /** What stands beside the root is white space. */
  #write(piece: string): void {
    if (this.#leftOut === undefined && this.#open.length > 0) this.#pieces.push(piece);
  }

  #start({ name, attributes }: SaxesTagPlain): void {
    const parent = this.#open.at(-1);
    const isSlice = name === 'slice' && (parent === undefined || parent === 'ticket');
    this.#open.push(name);
    if (name === 'nodes' && parent === 'slice' && this.changes.nodes.length > 0) {
      this.#leftOut ??= this.#open.length;
    }
    if (parent === undefined) this.#openRoot(name, attributes);
    if (isSlice) this.#openSlice(attributes, parent === undefined);
    else if (parent !== undefined) this.#write(startTag(name, attributes));
  }

  #openRoot(name: string, attributes: Attributes): void {
    const issued = String(this.changes.issued);
    if (name === 'ticket') this.#write(startTag(name, { issued, ...attributes }));
    else if (name === 'slice') {
      const { xmlns } = attributes;
      this.#write(startTag('ticket', { issued, ...(xmlns === undefined ? {} : { xmlns }) }));
    } else refuse(`its root is <${name.slice(0, 80)}>, not <ticket> or <slice>`);
  }

  #openSlice({ xmlns, ...attributes }: Record<string, string>, isRoot: boolean): void {
    const { nodes, expiry } = this.changes;
    // The root has it: nothing below may have a namespace of its own.
    const kept = isRoot || xmlns === undefined ? attributes : { xmlns, ...attributes };
    const changed = expiry === undefined ? kept : { ...kept, expiry: String(expiry) };
    this.#write(startTag('slice', changed));
    const listed = nodes.map((id) => `<node id="${id}"></node>`);
    if (listed.length > 0) this.#write(`<nodes>${listed.join('')}</nodes>`);
  }

  #end(name: string): void {
    this.#write(`</${name}>`);
    if (this.#leftOut === this.#open.length) this.#leftOut = undefined;
    this.#open.pop();
    if (this.#open.length === 0 && name === 'slice') this.#pieces.push('</ticket>');
  }
}

/** completeDraft returns the unsigned ticket; throws a Fault for a draft that is no XML, or of something else. */
export function completeDraft(bytes: Uint8Array, changes: DraftChanges): string {
  if (!isUtf8(bytes)) refuse('it is not UTF-8');
  return new DraftCompleter(changes).complete(Buffer.from(bytes).toString('utf8'));
}

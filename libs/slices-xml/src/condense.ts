/**
 * Takes other nodes' elements out of a slices.xml before it is parsed: they are more than 95% of a
 * large document and say nothing about this node. The rest, malformed or not, stays character for
 * character, so what is left is well-formed exactly if the document is:
 *
 * - Only `<node id="…" hostname="…"/>` right inside `<nodes>` is taken out, and only in a form that is
 *   well-formed wherever an element may stand. Anything else inside `<nodes>` is left to the parser.
 * - In a document that is well-formed up to a `<nodes>`, the tokens found here are those of XML, so
 *   the cut really is inside that element. In any other the parser fails before it comes to the cut.
 *
 * Pure. Text is one character a byte (latin1) here: all of XML's markup is ASCII, and no byte of a
 * longer UTF-8 sequence is.
 */

/** A stretch that was taken out: `at` in the condensed text, `removed` characters of the source. */
export interface Cut {
  readonly at: number;
  readonly removed: number;
}

export interface CondensedText {
  readonly text: string;
  /** In the order of the text. */
  readonly cuts: readonly Cut[];
}

/** Refused before any parser has seen it; `at` is a position in the source. */
export interface RefusedText {
  readonly at: number;
  readonly reason: string;
}

// Bounded repetition: an unbounded one may overflow the regular expressions' stack on hostile text.
const SPACE = '[ \\t\\r\\n]{0,200}';
const SPACES = '[ \\t\\r\\n]{1,200}';
const HOSTNAME = `hostname${SPACE}=${SPACE}(?:"[A-Za-z0-9.:_-]{0,255}"|'[A-Za-z0-9.:_-]{0,255}')`;

function nodeElement(idValue: (quote: string) => string): RegExp {
  const id = `id${SPACE}=${SPACE}(?:${idValue('"')}|${idValue("'")})`;
  const attributes = `${SPACES}(?:${id}(?:${SPACES}${HOSTNAME})?|${HOSTNAME}${SPACES}${id})`;
  return new RegExp(`${SPACE}<node${attributes}${SPACE}/>`, 'y');
}

const otherNode = (nodeId: number): RegExp =>
  nodeElement((quote) => `${quote}(?!${nodeId}${quote})(?:0|[1-9][0-9]{0,14})${quote}`);
const ourNode = (nodeId: number): RegExp => nodeElement((quote) => `${quote}${nodeId}${quote}`);

/** endOfTag returns the position after the `>` of a tag, -1 if it has none. `>` may stand in quotes. */
function endOfTag(source: string, from: number): number {
  for (let at = from; at < source.length; at += 1) {
    const character = source[at];
    if (character === '>') return at + 1;
    if (character === '"' || character === "'") {
      at = source.indexOf(character, at + 1);
      if (at === -1) return -1;
    }
  }
  return -1;
}

const after = (source: string, mark: string, from: number): number => {
  const found = source.indexOf(mark, from);
  return found === -1 ? -1 : found + mark.length;
};

/** endOfMarkup returns the position after the markup that begins at `open`, -1 if it does not end. */
function endOfMarkup(source: string, open: number): number | 'declaration' {
  const next = source[open + 1];
  if (next === '?') return after(source, '?>', open + 2);
  if (next !== '!') return endOfTag(source, open + 1);
  if (source.startsWith('<!--', open)) return after(source, '-->', open + 4);
  if (source.startsWith('<![CDATA[', open)) return after(source, ']]>', open + 9);
  return 'declaration';
}

/** opensNodes reports whether the markup from `open` to `end` is a start tag `<nodes …>`. */
function opensNodes(source: string, open: number, end: number): boolean {
  if (!source.startsWith('<nodes', open) || source[end - 2] === '/') return false;
  return end === open + 7 || /[ \t\r\n]/.test(source[open + 6] ?? '');
}

class Condenser {
  readonly #pieces: string[] = [];
  readonly #cuts: Cut[] = [];
  readonly #other: RegExp;
  readonly #ours: RegExp;
  /** Up to here the source is in `#pieces` or cut. */
  #done = 0;
  #length = 0;

  constructor(
    private readonly source: string,
    nodeId: number,
  ) {
    this.#other = otherNode(nodeId);
    this.#ours = ourNode(nodeId);
  }

  /** dropOthers cuts other nodes' elements from `from` on; returns where something else begins. */
  dropOthers(from: number): number {
    let at = from;
    for (;;) {
      const end = this.#skip(this.#other, at);
      if (end > at) this.#cut(at, end);
      const next = this.#skip(this.#ours, end, 1);
      if (next === at) return at;
      at = next;
    }
  }

  result(): CondensedText {
    this.#keep(this.source.length);
    return { text: this.#pieces.join(''), cuts: this.#cuts };
  }

  #skip(element: RegExp, from: number, most = Number.POSITIVE_INFINITY): number {
    let at = from;
    for (let count = 0; count < most; count += 1) {
      element.lastIndex = at;
      if (!element.test(this.source)) break;
      at = element.lastIndex;
    }
    return at;
  }

  #keep(until: number): void {
    this.#pieces.push(this.source.slice(this.#done, until));
    this.#length += until - this.#done;
    this.#done = until;
  }

  #cut(from: number, until: number): void {
    this.#keep(from);
    this.#cuts.push({ at: this.#length, removed: until - from });
    this.#done = until;
  }
}

/**
 * condense returns `source` without the other nodes' elements, or refuses it: a declaration
 * (`<!DOCTYPE`, `<!ENTITY`, …) could define entities, and markup that does not end was cut short.
 */
export function condense(source: string, nodeId: number): CondensedText | RefusedText {
  const condenser = new Condenser(source, nodeId);
  let open = source.indexOf('<');
  while (open !== -1) {
    const end = endOfMarkup(source, open);
    if (end === 'declaration') {
      return { at: open, reason: 'a declaration (<!DOCTYPE, <!ENTITY, …) is not allowed' };
    }
    if (end === -1) return { at: open, reason: 'markup that begins here does not end' };
    const next = opensNodes(source, open, end) ? condenser.dropOthers(end) : end;
    open = source.indexOf('<', next);
  }
  return condenser.result();
}

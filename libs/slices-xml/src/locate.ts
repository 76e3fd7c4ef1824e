/** Finds the lines of a source that positions in the text made from it come from, for messages. Pure. */
import { Buffer } from 'node:buffer';
import type { Cut } from './condense.ts';

/** A text that was parsed, and how it came about. */
export interface ParsedText {
  /** One character a byte. */
  readonly source: string;
  /** The source without its cuts, decoded. */
  readonly text: string;
  readonly cuts: readonly Cut[];
}

export interface Located<T> {
  readonly line: number;
  readonly item: T;
}

/** Goes through the text once, whatever the number of positions asked for; they must not go back. */
class Walk {
  #characters = 0;
  #bytes = 0;
  #cut = 0;
  #removed = 0;
  #line = 1;
  #newline: number;

  constructor(private readonly parsed: ParsedText) {
    this.#newline = parsed.source.indexOf('\n');
  }

  /** The line, from 1, of the character at `position` in the text. */
  lineAt(position: number): number {
    const { source } = this.parsed;
    const at = this.#inSource(position);
    while (this.#newline !== -1 && this.#newline < at) {
      this.#line += 1;
      this.#newline = source.indexOf('\n', this.#newline + 1);
    }
    return this.#line;
  }

  #inSource(position: number): number {
    const { text, cuts } = this.parsed;
    this.#bytes += Buffer.byteLength(text.slice(this.#characters, position));
    this.#characters = position;
    for (let cut = cuts[this.#cut]; cut && cut.at < this.#bytes; cut = cuts[this.#cut]) {
      this.#removed += cut.removed;
      this.#cut += 1;
    }
    return this.#bytes + this.#removed;
  }
}

/** locate returns the items with the lines of their positions in the text, in the order of the text. */
export function locate<T extends { readonly at: number }>(
  parsed: ParsedText,
  items: readonly T[],
): readonly Located<T>[] {
  const walk = new Walk(parsed);
  return [...items]
    .sort((a, b) => a.at - b.at)
    .map((item) => ({ line: walk.lineAt(item.at), item }));
}

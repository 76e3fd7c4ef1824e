/** Folds lines that are wider than the terminal, at blanks where there are any. Nothing is lost. Pure. */
import { harmless, type Line, type Page, type Span, span } from './render-line.ts';

/** Characters, not columns of a terminal: names, units and numbers are ASCII, the rest comes last. */
export const lengthOf = (text: string): number => [...text].length;

/** lineLength returns how many characters a line has. */
export function lineLength(whole: Line): number {
  return whole.reduce((sum, { text }) => sum + lengthOf(text), 0);
}

/** trimLine returns a line without blanks at its end: noise in a file, a broken line on a terminal. */
export function trimLine(whole: Line): Line {
  const kept = [...whole];
  let last = kept.pop();
  while (last !== undefined) {
    const text = last.text.trimEnd();
    if (text !== '') return [...kept, span(text, last.tone)];
    last = kept.pop();
  }
  return [];
}

/** Characters `from` up to `to`, each in its tone. */
function slice(whole: Line, from: number, to: number): Line {
  const kept: Span[] = [];
  let at = 0;
  for (const { text, tone } of whole) {
    const characters = [...text];
    const part = characters.slice(Math.max(0, from - at), Math.max(0, to - at)).join('');
    if (part !== '') kept.push(span(part, tone));
    at += characters.length;
  }
  return kept;
}

/** Where the piece that begins at `from` ends: at its last blank, or at the edge when it has none. */
function pieceEnd(characters: readonly string[], from: number, room: number): number {
  const edge = from + room;
  if (characters.length <= edge) return characters.length;
  const first = characters.findIndex((character, at) => at >= from && character !== ' ');
  const blank = characters.lastIndexOf(' ', edge);
  return blank > first ? blank : edge;
}

/** hangFor returns an indent that leaves a narrow terminal room for text. */
export function hangFor(hang: number, width: number): number {
  return Math.min(hang, Math.floor(width / 2));
}

/** foldLine returns a line as lines no wider than the page; all but the first are indented by `hang`. */
export function foldLine(
  whole: Line,
  { width }: Pick<Page, 'width'>,
  hang: number,
): readonly Line[] {
  if (width === undefined) return [whole];
  const safe = whole.map(({ text, tone }) => span(harmless(text), tone));
  if (lineLength(safe) <= width) return [whole];
  const margin = ' '.repeat(hangFor(hang, width));
  const characters = [...safe.map(({ text }) => text).join('')];
  const folded: Line[] = [];
  for (let from = 0; from < characters.length; ) {
    const isFirst = folded.length === 0;
    const to = pieceEnd(characters, from, isFirst ? width : width - margin.length);
    folded.push(trimLine([...(isFirst ? [] : [span(margin)]), ...slice(safe, from, to)]));
    from = to;
    while (characters[from] === ' ') from += 1;
  }
  return folded;
}

/**
 * Text for people, as lines of toned spans. What a slice, an authority or a caller wrote ends up in
 * spans; whatever it holds, nothing that is printed of it can steer a terminal. That is made sure
 * here, at the one place where spans become text. Pure.
 */

export type Tone = 'plain' | 'strong' | 'dim' | 'good' | 'warn' | 'bad';

/** A piece of a line in one tone. Its text may come from anywhere. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
}
export type Line = readonly Span[];

/** The page that a renderer writes for. */
export interface Page {
  /** Columns of the terminal; undefined when stdout is none, and then nothing is folded. */
  readonly width: number | undefined;
  /** Lines of the terminal, where it is one. */
  readonly rows?: number;
  readonly colours: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Select Graphic Rendition parameters (ECMA-48, 8.3.117). */
const SGR: Readonly<Record<Tone, string>> = {
  plain: '',
  strong: '1',
  dim: '2',
  good: '32',
  warn: '33',
  bad: '31',
};

/** Control and format characters (escape, C1, bidirectional overrides, …) and separators of lines. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** span makes a piece of text of one tone. */
export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone };
}

/** line makes a line of spans; a bare string is plain. */
export function line(...parts: readonly (string | Span)[]): Line {
  return parts.map((part) => (typeof part === 'string' ? span(part) : part));
}

/** paragraph makes one line of each line of `text`. */
export function paragraph(text: string, indent = ''): readonly Line[] {
  return text.split(/\r?\n/).map((one) => line(one === '' ? '' : indent + one));
}

function escaped(character: string): string {
  if (character === '\t') return character;
  if (character === '\n') return '\\n';
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
}

/** harmless returns `text` with everything that a terminal could obey made visible; tabs stay. */
export function harmless(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** harmlessJson returns JSON text that means the same and holds nothing that a terminal could obey. */
export function harmlessJson(json: string): string {
  return json.replace(UNSAFE, (character) => {
    if (character === '\n') return character;
    const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}

function paint({ text, tone }: Span, colours: boolean): string {
  const safe = harmless(text);
  return colours && SGR[tone] !== '' && safe !== '' ? `\x1b[${SGR[tone]}m${safe}\x1b[0m` : safe;
}

/** textOf returns lines as they are written, each with its line end. */
export function textOf(lines: readonly Line[], page: Pick<Page, 'colours'>): string {
  return lines
    .map((spans) => `${spans.map((one) => paint(one, page.colours)).join('')}\n`)
    .join('');
}

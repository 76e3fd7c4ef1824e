/** Pieces of a manual page in man(7)'s language, out of plain text. Pure. */

/** escapeText returns `text` as roff prints it: no character of it is taken for a request. */
export function escapeText(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replace(/^([.'])/gm, '\\&$1');
}

/** bold and italic return text for the middle of a line. */
export const bold = (text: string): string => `\\fB${escapeText(text)}\\fR`;
export const italic = (text: string): string => `\\fI${escapeText(text)}\\fR`;

export const heading = (title: string): string => `.SH ${title.toUpperCase()}`;

export const subheading = (title: string): string => `.SS ${escapeText(title)}`;

/** paragraph returns a paragraph of filled text. */
export const paragraph = (text: string): string => `.PP\n${escapeText(text)}`;

/** item returns a tagged paragraph; `tag` is roff already, `text` is not. */
export const item = (tag: string, text: string): string => `.TP\n${tag}\n${escapeText(text)}`;

/** In code these are to be copied as they are, and not as the marks of prose that roff makes of them. */
const LITERAL: ReadonlyMap<string, string> = new Map([
  ["'", '\\(aq'],
  ['`', '\\(ga'],
  ['^', '\\(ha'],
  ['~', '\\(ti'],
]);

const literal = (line: string): string =>
  escapeText(line).replace(/^\\&'|['`^~]/g, (mark) => LITERAL.get(mark.slice(-1)) ?? mark);

/** verbatim returns lines that keep their shape, and their characters. */
export function verbatim(lines: readonly string[]): string {
  return ['.PP', '.in +4n', '.nf', ...lines.map(literal), '.fi', '.in'].join('\n');
}

export interface PageTitle {
  readonly name: string;
  readonly section: number;
  /** One line, for apropos(1). */
  readonly summary: string;
  readonly version: string;
  /** Seconds since the epoch. */
  readonly date: number;
}

/** renderPage returns a whole page; `body` is roff. */
export function renderPage(title: PageTitle, body: readonly string[]): string {
  const { name, section, summary, version, date } = title;
  const day = new Date(date * 1000).toISOString().slice(0, 10);
  return `${[
    `.TH ${name.toUpperCase()} ${section} ${day} "nodemgr ${version}" "Node Manager"`,
    // No hyphenation, no stretched lines: names of keys and commands stay whole.
    '.nh',
    '.ad l',
    heading('name'),
    `${escapeText(name)} \\- ${escapeText(summary)}`,
    ...body,
  ].join('\n')}\n`;
}

/**
 * Text and tags in the many ways in which XML can say the same: raw, entities, references, CDATA,
 * comments and processing instructions between, white space and attributes in tags.
 */
import type { Random } from './random.ts';

/** How one document is written. */
export interface Style {
  readonly random: Random;
  /** The highest code point that the encoding has; what is above goes out as a reference. */
  readonly maxRaw: number;
  /** How often there is something odd: once in so many chances. */
  readonly oddOnceIn: number;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  "'": '&apos;',
};
const ASIDES = [
  '<!---->',
  '<!-- a -->',
  '<!-- <value>&nope; ]]> -->',
  '<?pi?>',
  '<?pi <value> ?>',
  '<![CDATA[]]>',
] as const;
const SPACES = [' ', '\n', '\t', '\r\n', '  \n  ', '\r'] as const;

const odd = ({ random, oddOnceIn }: Style): boolean => random.oneIn(oddOnceIn);

function reference({ random }: Style, code: number): string {
  if (random.oneIn(2)) return `&#${'0'.repeat(random.few(3))}${code};`;
  const hex = code.toString(16);
  return `&#x${random.oneIn(2) ? hex.toUpperCase() : hex};`;
}

/** A raw carriage return would arrive as a line feed (XML 1.0, section 2.11). */
const needsReference = (style: Style, code: number): boolean =>
  code === 0x0d || code > style.maxRaw || (code >= 0x7f && code < 0xa0 && style.maxRaw < 0x100);

function writeCharacter(style: Style, character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const entity = ENTITIES[character];
  if (needsReference(style, code) || odd(style)) return reference(style, code);
  return entity ?? character;
}

/** What a CDATA section can hold as it is. `<!` stays out: the reader refuses a DTD even there. */
function fitsCdata(style: Style, text: string): boolean {
  if (/[\]\r]|<!/.test(text)) return false;
  return [...text].every((character) => !needsReference(style, character.codePointAt(0) ?? 0));
}

/** writeText writes text so that it reads back as it is. */
export function writeText(style: Style, text: string): string {
  if (odd(style) && fitsCdata(style, text)) return `<![CDATA[${text}]]>`;
  const characters = Array.from(text, (character) => {
    const aside = odd(style) && odd(style) ? style.random.pick(ASIDES) : '';
    return aside + writeCharacter(style, character);
  });
  return characters.join('');
}

/** writeGap writes what may stand between two elements: white space, comments, instructions. */
export function writeGap(style: Style): string {
  const { random } = style;
  if (!odd(style)) return '';
  const aside = random.pick(ASIDES);
  // White space in a CDATA section is text all the same, so it is one more kind of gap.
  return random.oneIn(2) ? random.pick(SPACES) : random.pick(SPACES) + aside;
}

const ATTRIBUTES = [
  ' a="1"',
  " xml:space='preserve'",
  '\n a = "&lt;&#65;"',
  ' xmlns:ex="urn:x"',
] as const;

/** writeElement writes an element around what is inside already. */
export function writeElement(style: Style, tag: string, inside: string): string {
  const { random } = style;
  const attribute = odd(style) ? random.pick(ATTRIBUTES) : '';
  const space = odd(style) ? random.pick(SPACES) : '';
  if (inside === '' && random.oneIn(2)) return `<${tag}${attribute}${space}/>`;
  return `<${tag}${attribute}${space}>${inside}</${tag}${space}>`;
}

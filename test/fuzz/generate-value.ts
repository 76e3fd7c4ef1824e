/** Values that XML-RPC can carry, of every type and in their odd corners. Random comes in; no XML here. */
import type { XmlRpcStruct, XmlRpcValue } from '@nodemgr/xml-rpc';
import type { Random } from './random.ts';

/** Pieces of text that have broken some XML program or other; XML can carry all of them. */
const PIECES = [
  'a',
  'princeton_sirius',
  '0',
  ' ',
  '\n',
  '\r',
  '\r\n',
  '\t',
  '<',
  '>',
  '&',
  '"',
  "'",
  ']]>',
  ']]',
  '&amp;',
  '&#65;',
  '<!--',
  '-->',
  '<![CDATA[',
  '<?xml?>',
  '</value>',
  'é',
  '\u0085',
  '\u00a0',
  '€',
  '\u2028',
  '\ufeff',
  '\ufffd',
  '\ud7ff',
  '\ue000',
  '😀',
  '\u{10ffff}',
  'e\u0301',
] as const;

const NAMES = [
  'a',
  'b',
  'name',
  'methodName',
  'params',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  '0',
  '1',
  '-1',
  '',
  'faultCode',
  'a b',
] as const;

const NUMBERS = [
  0, 1, -1, 127, 200, 2147483647, 2147483648, -2147483648, -2147483649, 1e10, 9007199254740991,
  -9007199254740991, 9007199254740992, 0.5, -0.25, 0.1, 1e-7, 1e21, 1.5e300, 5e-324,
  1.7976931348623157e308,
] as const;

/** Characters that XML cannot carry at all, and halves of surrogate pairs. */
const UNCARRIABLE = ['\0', '\u0001', '\u000b', '\u001f', '\ufffe', '\uffff', '\ud800', '\udc00'];

export function generateText(random: Random): string {
  if (random.oneIn(200)) return random.pick(PIECES).repeat(random.between(1, 2000));
  return random.times(random.few(8), () => random.pick(PIECES)).join('');
}

/** generateAnyText returns text that may hold what XML cannot carry. */
export function generateAnyText(random: Random): string {
  const pieces = [generateText(random), UNCARRIABLE[random.below(UNCARRIABLE.length)] ?? ''];
  return random.oneIn(2) ? pieces.reverse().join('') : pieces.join('');
}

/** Whole seconds of the years 1 to 9999, which are what an XML-RPC date can say. */
function generateDate(random: Random): Date {
  if (random.oneIn(4)) return new Date('0001-01-01T00:00:00Z');
  return new Date(random.between(-62_000_000_000, 253_402_300_799) * 1000);
}

const generateBytes = (random: Random): Uint8Array =>
  Uint8Array.from(random.times(random.few(40), () => random.below(256)));

export function generateNumber(random: Random): number {
  if (random.oneIn(2)) return random.pick(NUMBERS);
  return random.oneIn(2) ? random.between(-100_000, 100_000) : random.between(-1e9, 1e9) / 1024;
}

function generateScalar(random: Random): XmlRpcValue {
  switch (random.below(8)) {
    case 0:
    case 1:
      return generateNumber(random);
    case 2:
      return random.oneIn(2);
    case 3:
      return null;
    case 4:
      return generateDate(random);
    case 5:
      return generateBytes(random);
    default:
      return generateText(random);
  }
}

function generateStruct(random: Random, depth: number): XmlRpcStruct {
  const members: Record<string, XmlRpcValue> = Object.create(null);
  for (let left = random.few(6); left > 0; left -= 1) {
    const name = random.oneIn(3) ? generateText(random) : random.pick(NAMES);
    members[name] = generateValue(random, depth - 1);
  }
  return members;
}

/** generateValue returns a value in which arrays and structs nest at most `depth` deep. */
export function generateValue(random: Random, depth: number): XmlRpcValue {
  const kind = depth > 0 ? random.below(5) : 2;
  if (kind === 0) return generateStruct(random, depth);
  if (kind > 1) return generateScalar(random);
  return random.times(random.few(6), () => generateValue(random, depth - 1));
}

/** A scalar as one of the many texts that mean it. Pure but for the random that comes in. */
import type { Random } from './random.ts';

const pad = (number: number): string => String(number).padStart(2, '0');

/** The same moment, told in a zone `minutes` ahead of UTC; '' for a year that needs more than four digits. */
function inZone(date: Date, minutes: number): string {
  const text = new Date(date.getTime() + minutes * 60_000).toISOString();
  if (text.length !== 24 || text.startsWith('0000')) return '';
  const sign = minutes < 0 ? '-' : '+';
  const size = Math.abs(minutes);
  return `${text.slice(0, 19)}${sign}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** writeDate returns a date in the basic or extended form, with or without a zone and a fraction. */
export function writeDate(random: Random, date: Date): string {
  const plain = date.toISOString().slice(0, 19);
  const compact = random.oneIn(2) ? plain.replace(/-/g, '') : plain;
  const bare = random.oneIn(4) ? compact.replace(/:/g, '') : compact;
  if (random.oneIn(3)) return `${bare}.${random.below(1000)}Z`;
  const zoned = random.oneIn(3) ? inZone(date, random.between(-59, 59) * 15) : '';
  return zoned === '' ? bare : zoned;
}

/** writeInteger returns a whole number with or without a sign and leading zeros. */
export function writeInteger(random: Random, value: number): string {
  const digits = BigInt(Math.abs(value)).toString().padStart(random.few(20), '0');
  const plus = random.oneIn(8) ? '+' : '';
  return `${value < 0 ? '-' : plus}${digits}`;
}

/** writeDouble returns a number with or without an exponent; reading it gives the same number. */
export function writeDouble(random: Random, value: number): string {
  if (random.oneIn(2)) return value.toExponential().replace('e', random.oneIn(2) ? 'E' : 'e');
  const text = String(value);
  return random.oneIn(4) && !text.includes('.') && !text.includes('e') ? `${text}.` : text;
}

/** writeBase64 returns bytes as base64 in lines of some length. */
export function writeBase64(random: Random, bytes: Uint8Array): string {
  const packed = Buffer.from(bytes).toString('base64');
  if (random.oneIn(2)) return packed;
  const line = random.between(1, 76);
  return packed.replace(new RegExp(`(.{${line}})`, 'g'), random.oneIn(2) ? '$1\n' : '$1 \r\n\t');
}

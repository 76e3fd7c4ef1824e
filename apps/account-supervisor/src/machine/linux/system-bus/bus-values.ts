/**
 * Values of D-Bus messages, to bytes and back (D-Bus Specification, Marshaling). Pure. Of the types, those
 * that systemd's manager is asked with and answers by; bytes are never trusted: what does not fit throws.
 */

/** A value that says which type it has. */
export interface Variant {
  /** One complete type. */
  readonly signature: string;
  readonly value: BusValue;
}

/** An array or a struct is a list; integers of 64 bits are bigints. */
export type BusValue = string | number | bigint | boolean | Variant | readonly BusValue[];

const ALIGNMENTS: Readonly<Record<string, number>> = {
  ...{ y: 1, g: 1, v: 1, n: 2, q: 2 },
  ...{ b: 4, i: 4, u: 4, s: 4, o: 4, a: 4 },
  ...{ x: 8, t: 8, '(': 8 },
};
/** Structs, arrays and variants in one another: more than the specification lets through. */
const DEEPEST = 64;

function alignmentOf(type: string): number {
  const alignment = ALIGNMENTS[type.charAt(0)];
  if (alignment === undefined) throw new Error(`no type of D-Bus that is known here: '${type}'`);
  return alignment;
}

/** The end of the complete type that begins at `at`. */
function endOfType(signature: string, at: number): number {
  const kind = signature.charAt(at);
  if (kind === 'a') return endOfType(signature, at + 1);
  if (kind !== '(') {
    alignmentOf(kind);
    return at + 1;
  }
  let end = at + 1;
  while (signature.charAt(end) !== ')') end = endOfType(signature, end);
  return end + 1;
}

/** typesIn returns the complete types of a signature, one after another. */
export function typesIn(signature: string): readonly string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

export const padded = (at: number, alignment: number): number =>
  Math.ceil(at / alignment) * alignment;

/** Writes values one behind the other, little end first. */
export class BusWriter {
  #bytes = Buffer.alloc(256);
  #end = 0;

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  align(alignment: number): void {
    this.#grow(padded(this.#end, alignment) - this.#end);
  }

  /** Throws for a value that is not of the type. */
  write(type: string, value: BusValue): void {
    this.align(alignmentOf(type));
    const kind = type.charAt(0);
    if (kind === 'a') this.#writeArray(type.slice(1), listIn(value, type));
    else if (kind === '(') this.#writeStruct(type, listIn(value, type));
    else if (kind === 'v') this.#writeVariant(value);
    else if (typeof value === 'string') this.#writeString(kind, value);
    else this.#writeNumber(kind, value);
  }

  #grow(by: number): number {
    const at = this.#end;
    this.#end += by;
    if (this.#end > this.#bytes.length) {
      const larger = Buffer.alloc(this.#end * 2);
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }

  #writeArray(type: string, values: readonly BusValue[]): void {
    const length = this.#grow(4);
    this.align(alignmentOf(type));
    const start = this.#end;
    for (const value of values) this.write(type, value);
    this.#bytes.writeUInt32LE(this.#end - start, length);
  }

  #writeStruct(type: string, values: readonly BusValue[]): void {
    const fields = typesIn(type.slice(1, -1));
    if (fields.length !== values.length) throw new Error(`${values.length} fields for ${type}`);
    for (const [place, field] of fields.entries()) this.write(field, values[place] ?? '');
  }

  #writeVariant(value: BusValue): void {
    if (!isVariant(value)) throw new Error('a variant is a signature and a value');
    this.write('g', value.signature);
    this.write(value.signature, value.value);
  }

  #writeString(kind: string, text: string): void {
    if (text.includes('\0')) throw new Error('a string of D-Bus has no NUL in it');
    const length = Buffer.byteLength(text);
    if (kind === 'g') this.#bytes.writeUInt8(length, this.#grow(1));
    else if (kind === 's' || kind === 'o') this.#bytes.writeUInt32LE(length, this.#grow(4));
    else throw new Error(`'${text}' is no value of type ${kind}`);
    // NUL behind it: what is grown is zero.
    const at = this.#grow(length + 1);
    this.#bytes.write(text, at);
  }

  #writeNumber(kind: string, value: BusValue): void {
    if (kind === 'b' && typeof value === 'boolean') {
      const at = this.#grow(4);
      this.#bytes.writeUInt32LE(Number(value), at);
    } else if (kind === 'u' && typeof value === 'number') {
      const at = this.#grow(4);
      this.#bytes.writeUInt32LE(value, at);
    } else if (kind === 'y' && typeof value === 'number') {
      const at = this.#grow(1);
      this.#bytes.writeUInt8(value, at);
    } else if (kind === 't' && typeof value === 'bigint') {
      const at = this.#grow(8);
      this.#bytes.writeBigUInt64LE(value, at);
    } else throw new Error(`${String(value)} is no value of type ${kind}`);
  }
}

function listIn(value: BusValue, type: string): readonly BusValue[] {
  if (!Array.isArray(value)) throw new Error(`no list for ${type}`);
  return value;
}

function isVariant(value: BusValue): value is Variant {
  return typeof value === 'object' && 'signature' in value;
}

/** Reads values one behind the other, in the order of bytes that the message has. */
export class BusReader {
  #at: number;

  constructor(
    private readonly bytes: Buffer,
    private readonly isLittle: boolean,
    at = 0,
  ) {
    this.#at = at;
  }

  align(alignment: number): void {
    this.#take(padded(this.#at, alignment) - this.#at);
  }

  /** Throws where the bytes end before the value does. */
  read(type: string, depth = 0): BusValue {
    if (depth > DEEPEST) throw new Error('a value of D-Bus is nested too deeply');
    this.align(alignmentOf(type));
    const kind = type.charAt(0);
    if (kind === 'a') return this.#readArray(type.slice(1), depth);
    if (kind === '(') {
      return typesIn(type.slice(1, -1)).map((field) => this.read(field, depth + 1));
    }
    if (kind === 'v') return this.#readVariant(depth);
    return this.#readBasic(kind);
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.bytes.length) throw new Error('a message of D-Bus ends too early');
    this.#at += length;
    return at;
  }

  #uint32(): number {
    const at = this.#take(4);
    return this.isLittle ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at);
  }

  #text(length: number): string {
    const at = this.#take(length + 1);
    return this.bytes.toString('utf8', at, at + length);
  }

  #readArray(type: string, depth: number): readonly BusValue[] {
    const length = this.#uint32();
    this.align(alignmentOf(type));
    const end = this.#at + length;
    const values: BusValue[] = [];
    while (this.#at < end) values.push(this.read(type, depth + 1));
    if (this.#at !== end) throw new Error('an array of D-Bus does not end with its last value');
    return values;
  }

  #readVariant(depth: number): Variant {
    const signature = String(this.read('g'));
    if (typesIn(signature).length !== 1) throw new Error('a variant of D-Bus has not one value');
    return { signature, value: this.read(signature, depth + 1) };
  }

  #readBasic(kind: string): BusValue {
    switch (kind) {
      case 'y':
        return this.bytes.readUInt8(this.#take(1));
      case 'b':
        return this.#uint32() !== 0;
      case 'u':
        return this.#uint32();
      case 'i':
        return this.#uint32() | 0;
      case 'n':
      case 'q':
        return this.#readShort(kind);
      case 'x':
      case 't':
        return this.#readLong(kind);
      case 'g':
        return this.#text(this.bytes.readUInt8(this.#take(1)));
      default:
        return this.#text(this.#uint32());
    }
  }

  #readShort(kind: 'n' | 'q'): number {
    const at = this.#take(2);
    const value = this.isLittle ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at);
    return kind === 'q' ? value : (value << 16) >> 16;
  }

  #readLong(kind: 'x' | 't'): bigint {
    const at = this.#take(8);
    const value = this.isLittle ? this.bytes.readBigUInt64LE(at) : this.bytes.readBigUInt64BE(at);
    return kind === 't' ? value : BigInt.asIntN(64, value);
  }
}

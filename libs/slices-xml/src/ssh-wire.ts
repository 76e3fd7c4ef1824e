/** Takes apart what OpenSSH encodes as RFC 4251, section 5, says: keys and signatures. Pure. */
import type { Buffer } from 'node:buffer';

/** Thrown by SshReader and by those who read with it: the bytes are not what they ought to be. */
export class BadBlob extends Error {
  override readonly name = 'BadBlob';
}

/** SshReader takes the fields of a blob one after the other; each throws BadBlob, which names the field. */
export class SshReader {
  #at = 0;
  constructor(private readonly blob: Buffer) {}

  /** bytes takes as many bytes as are asked for. */
  bytes(length: number, what: string): Buffer {
    const start = this.#at;
    if (start + length > this.blob.length) throw new BadBlob(`its ${what} is cut off`);
    this.#at = start + length;
    return this.blob.subarray(start, this.#at);
  }

  uint32(what: string): number {
    return this.bytes(4, what).readUInt32BE(0);
  }

  /** string takes bytes with their length before them. */
  string(what: string): Buffer {
    return this.bytes(this.uint32(what), what);
  }

  /** mpint takes an integer that is not negative; returns its bytes without leading zeros. */
  mpint(what: string): Buffer {
    const bytes = this.string(what);
    if ((bytes[0] ?? 0) & 0x80) throw new BadBlob(`its ${what} is negative`);
    const first = bytes.findIndex((byte) => byte !== 0);
    return bytes.subarray(first === -1 ? bytes.length : first);
  }

  /** mpintBits takes the same; returns its bits. */
  mpintBits(what: string): number {
    const bytes = this.mpint(what);
    return bytes.length === 0 ? 0 : bytes.length * 8 - (Math.clz32(bytes[0] ?? 0) - 24);
  }

  end(): void {
    if (this.#at < this.blob.length) {
      throw new BadBlob(`${this.blob.length - this.#at} bytes follow after it`);
    }
  }
}

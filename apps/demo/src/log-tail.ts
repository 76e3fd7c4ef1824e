/** Follows the daemons' log files: hands out the lines that are new since the last look. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Read at most this much of a file at a look; a flood is shown in parts. */
const CHUNK = 256 << 10;

export class LogTail {
  #offset: number;
  #rest = '';

  constructor(private readonly file: string) {
    this.#offset = this.#withFile((fd) => fstatSync(fd).size) ?? 0;
  }

  newLines(): readonly string[] {
    const text = this.#withFile((fd) => this.#read(fd)) ?? '';
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  #read(fd: number): string {
    if (fstatSync(fd).size < this.#offset) this.#offset = 0;
    const buffer = Buffer.alloc(CHUNK);
    const length = readSync(fd, buffer, 0, CHUNK, this.#offset);
    this.#offset += length;
    return buffer.toString('utf8', 0, length);
  }

  #withFile<T>(use: (fd: number) => T): T | undefined {
    let fd: number;
    try {
      fd = openSync(this.file, 'r');
    } catch {
      // Not written yet.
      return undefined;
    }
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/**
 * A file of lines with fields between colons (passwd(5), subuid(5)) that is not ours alone: the lines of
 * others stay as they are, byte for byte, so text here is latin1, a character for each byte. Knows
 * nothing of what its lines say. Lines that are set together are written together; a write costs what
 * the file's bytes cost, and takes lines apart only when someone else has changed the file.
 */
import { readOptional, replaceFile } from '@nodemgr/agent';
import { FreshRead } from '@nodemgr/node-accounts';

/** The fields of one line. */
export type Fields = readonly string[];

function splitLines(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

const joinLines = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const fieldsOf = (line: string): Fields => line.split(':');

export class SharedFile {
  /** Our lines, each with its end, by the name that they are for. */
  readonly #ours = new Map<string, string>();
  /** Names whose line the file may not have as it is here. */
  #unwritten = new Set<string>();
  /** The file as it was when `#others` was taken from it; undefined: it is to be taken apart again. */
  #text: string | undefined;
  #others: readonly string[] = [];
  #othersNames: ReadonlySet<string> = new Set();
  /** Nobody's line counts as written by a write that began before it was set. */
  readonly #writes = new FreshRead(() => this.#write());

  /** `isOurs` says which lines are ours to change or take away. */
  constructor(
    private readonly path: string,
    private readonly isOurs: (fields: Fields) => boolean,
  ) {}

  /** read returns all lines of the file as it is now; none where there is no file. */
  async read(): Promise<readonly Fields[]> {
    return splitLines((await readOptional(this.path, 'latin1')) ?? '').map(fieldsOf);
  }

  /** others returns the lines that are not ours, as of the last write. */
  get others(): readonly Fields[] {
    return this.#others.map(fieldsOf);
  }

  /** isOthers reports whether a line of others begins with `name`. */
  isOthers(name: string): boolean {
    return this.#othersNames.has(name);
  }

  /** nowOurs says that `isOurs` has another answer for lines of `name` from here on. */
  nowOurs(name: string): void {
    if (this.#othersNames.has(name)) this.#text = undefined;
  }

  /** put gives `name` this line (undefined: none), to be written with the next write. */
  put(name: string, line: string | undefined): void {
    const ended = line === undefined ? undefined : `${line}\n`;
    if (this.#ours.get(name) === ended) return;
    this.#unwritten.add(name);
    if (ended === undefined) this.#ours.delete(name);
    else this.#ours.set(name, ended);
  }

  /** set gives `name` this line (undefined: none); resolves when the file has it so. */
  async set(name: string, line: string | undefined): Promise<void> {
    this.put(name, line);
    if (this.#unwritten.has(name)) await this.write();
  }

  /** write brings the file in line, with every line that is set by then; rejects when that fails. */
  write(): Promise<void> {
    return this.#writes.now();
  }

  /** What failed to be written is still to be written. */
  async #write(): Promise<void> {
    const taken = this.#unwritten;
    this.#unwritten = new Set();
    try {
      await this.#replace();
    } catch (error) {
      for (const name of taken) this.#unwritten.add(name);
      throw error;
    }
  }

  /** An unchanged file is not written. */
  async #replace(): Promise<void> {
    const before = (await readOptional(this.path, 'latin1')) ?? '';
    if (before !== this.#text) this.#takeApart(before);
    const after = joinLines(this.#others) + [...this.#ours.values()].join('');
    if (after === before) return;
    await replaceFile(this.path, 0o644, after, 'latin1');
    this.#text = after;
  }

  #takeApart(text: string): void {
    this.#others = splitLines(text).filter((line) => !this.isOurs(fieldsOf(line)));
    this.#othersNames = new Set(this.others.map(([name = '']) => name));
    this.#text = text;
  }
}

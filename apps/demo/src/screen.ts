/** What the demo shows: lines, and on a terminal one line at the bottom that is drawn over. */

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** What has been written and not been read yet (bytes). */
  readonly writableLength?: number;
  write(text: string): unknown;
}

/** With more than this unread nobody is reading: further lines would only fill memory. */
const MAX_UNREAD = 1 << 20;
const ERASE_LINE = '\r\x1b[2K';

export class Screen {
  #drawn = '';

  constructor(
    private readonly output: Output,
    private readonly plain: boolean,
  ) {}

  /** line prints a line for good. */
  line(text: string): void {
    if ((this.output.writableLength ?? 0) > MAX_UNREAD) return;
    if (this.#drawn === '' || !this.#draws) this.output.write(`${text}\n`);
    else this.output.write(`${ERASE_LINE}${text}\n${this.#drawn}`);
  }

  /** progress shows a line that the next one replaces; without a terminal each new one is printed. */
  progress(text: string): void {
    const fitted = this.#draws ? text.slice(0, (this.output.columns ?? 80) - 1) : text;
    if (fitted === this.#drawn) return;
    this.#drawn = fitted;
    this.output.write(this.#draws ? `${ERASE_LINE}${fitted}` : `${fitted}\n`);
  }

  /** endProgress leaves the last progress line standing. */
  endProgress(): void {
    if (this.#draws && this.#drawn !== '') this.output.write('\n');
    this.#drawn = '';
  }

  get #draws(): boolean {
    return !this.plain && this.output.isTTY === true;
  }
}

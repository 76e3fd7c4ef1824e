/**
 * Where the lines of a log go: to one writer, in their order. Lines that follow closely on each other
 * are written together, for a write costs more than most of what is logged.
 */
import { type DestinationStream, symbols } from 'pino';

/** How long an ordinary line may wait for others (milliseconds). */
const TOGETHER_MS = 10;
/** Characters that may wait. */
const MAX_WAITING = 64 << 10;
/** pino's number for `warn`: from here on a line may be the last one, and does not wait. */
const WARN = 40;

export class LogOutput implements DestinationStream {
  /** Has pino set `lastLevel` before each line. */
  readonly [symbols.needsMetadataGsym] = true;
  lastLevel = 0;
  #waiting = '';
  #timer: NodeJS.Timeout | undefined;

  /** `lineFor` makes each line what the reader takes; pino's own where it is left out. */
  constructor(
    private readonly writeOut: (lines: string) => void,
    private readonly lineFor: (line: string, level: number) => string = (line) => line,
  ) {}

  write(line: string): void {
    this.#waiting += this.lineFor(line, this.lastLevel);
    if (this.lastLevel >= WARN || this.#waiting.length >= MAX_WAITING) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), TOGETHER_MS).unref();
  }

  /** flush writes what waits. To be called before the process ends. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#waiting;
    this.#waiting = '';
    if (lines !== '') this.writeOut(lines);
  }
}

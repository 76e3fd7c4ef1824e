/**
 * Tells which inputs reach code that none before them reached: V8's own block coverage, asked for
 * in this process (inspector protocol, Profiler.takePreciseCoverage). It counts the code under test
 * in the bundle that runs, never the code that tests it.
 */
import { readFileSync } from 'node:fs';
import { type Profiler, Session } from 'node:inspector';

/** esbuild writes the name of each file above what it made of it. */
const FILE_MARK = /^\/\/ ((?:libs|apps|node_modules|test)\/.*)$/gm;
const UNDER_TEST =
  /^(?:libs\/(?:xml-rpc|faults)\/|apps\/api-gateway\/src\/api\/|node_modules\/saxes\/)/;

type Span = readonly [start: number, end: number];

/** spansUnderTest returns where in a bundle (characters) the code under test stands. */
export function spansUnderTest(bundle: string): readonly Span[] {
  const marks = [...bundle.matchAll(FILE_MARK)];
  return marks.flatMap((mark, index): Span[] => {
    const end = marks[index + 1]?.index ?? bundle.length;
    return UNDER_TEST.test(mark[1] ?? '') ? [[mark.index, end]] : [];
  });
}

/** Which characters of a function have run: 1 for each. */
type Ran = Uint8Array;

/** Ranges come from the outer to the inner: each says of its part what those around it did not. */
function paint(start: number, ranges: readonly Profiler.CoverageRange[]): Ran {
  const ran = new Uint8Array((ranges[0]?.endOffset ?? start) - start);
  for (const { startOffset, endOffset, count } of ranges) {
    ran.fill(count === 0 ? 0 : 1, startOffset - start, endOffset - start);
  }
  return ran;
}

/** One way through a function, as text. Most samples show none but those that have been seen. */
const wayThrough = (ranges: readonly Profiler.CoverageRange[]): string =>
  ranges
    .map(
      ({ startOffset, endOffset, count }) => `${startOffset}-${endOffset}${count === 0 ? '!' : ''}`,
    )
    .join();

interface Fresh {
  readonly way: string;
  readonly start: number;
  readonly ran: Ran;
}

export class BranchCoverage {
  readonly #session = new Session();
  readonly #url: string;
  readonly #spans: readonly Span[];
  /** What has ever run, by where the function starts; and the ways that showed it. */
  readonly #ever = new Map<number, Ran>();
  readonly #ways = new Set<string>();
  /** What the last sample showed of ways not seen before. */
  #fresh: readonly Fresh[] = [];

  /** `file` is the bundle that runs. */
  constructor(file: string) {
    this.#url = file;
    this.#spans = spansUnderTest(readFileSync(file, 'utf8'));
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** sample takes what ran since the last one; reports whether any of it never ran before. */
  sample(): boolean {
    this.#fresh = this.#take().flatMap(({ ranges }): Fresh[] => {
      const way = wayThrough(ranges);
      const start = ranges[0]?.startOffset ?? 0;
      if (this.#ways.has(way) || !this.#isUnderTest(start)) return [];
      const ran = paint(start, ranges);
      if (this.#reachesNew(start, ran)) return [{ way, start, ran }];
      this.#ways.add(way);
      return [];
    });
    return this.#fresh.length > 0;
  }

  /** accept counts the last sample as reached. */
  accept(): void {
    for (const { way, start, ran } of this.#fresh) {
      const ever = this.#ever.get(start) ?? new Uint8Array(ran.length);
      this.#ever.set(
        start,
        ever.map((before, at) => before | (ran[at] ?? 0)),
      );
      this.#ways.add(way);
    }
  }

  /** The share of the code under test, by its text, that has run. */
  get share(): number {
    const ran = new Uint8Array(this.#spans.at(-1)?.[1] ?? 0);
    // Inner functions start behind the ones around them, and say more exactly what ran.
    for (const [start, ever] of [...this.#ever].sort(([one], [other]) => one - other)) {
      ran.set(ever.subarray(0, ran.length - start), start);
    }
    const under = this.#spans.flatMap(([start, end]) => [...ran.subarray(start, end)]);
    return under.filter((one) => one === 1).length / Math.max(1, under.length);
  }

  close(): void {
    this.#session.disconnect();
  }

  #isUnderTest(at: number): boolean {
    return this.#spans.some(([start, end]) => start <= at && at < end);
  }

  #reachesNew(start: number, ran: Ran): boolean {
    const ever = this.#ever.get(start);
    return ran.some((one, at) => one === 1 && ever?.[at] !== 1);
  }

  /** The inspector answers within the call, so that what ran is the inputs since the last one. */
  #take(): readonly Profiler.FunctionCoverage[] {
    let functions: readonly Profiler.FunctionCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error;
      functions = taken.result.find(({ url }) => url.endsWith(this.#url))?.functions ?? [];
    });
    return functions;
  }
}

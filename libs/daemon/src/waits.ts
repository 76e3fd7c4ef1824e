/**
 * Ends a wait as soon as what it waits for is mended. An attempt that failed names signs (a file, free
 * room, …; signs.ts); once one of them is not what it was before the attempt, its subject is woken. Signs
 * are looked at only while somebody waits: a few system calls, twice a second. They are not inotify(7):
 * tenants can use up what the kernel grants root of it, it does not see a mount that covers a folder, and
 * it reports neither free room nor a quota. Waits decides nothing about the subject, and is a help only:
 * a subject that fails is tried again without it, too.
 */
import { sleep } from './sleep.ts';

/** A text has changed when it is another one; amounts have changed when one of them has grown. */
export type Reading = string | readonly number[];

/** One thing that can be looked at. A rejection is a reading as well. */
export type Sign = () => Promise<Reading>;

/** Smaller growth is what our own failed attempts give back. */
const LEAST_GROWTH = 64;
const LOOK_MS = 500;
/** A file system that hangs holds up no attempt; the look goes on and counts when it ends. */
const LONGEST_LOOK_MS = 1000;

type Readings<Name extends string> = Readonly<Record<Name, Reading>>;

interface Waiting<Name extends string> {
  readonly signs: readonly Name[];
  readonly before: Readings<Name>;
}

/** A look that takes too long, for the first time or on a busy machine: it says nothing of what it looks at. */
const UNANSWERED = 'does not answer';

/** hasChanged reports whether a sign that read `before` is mended now, as far as it can be seen. */
export function hasChanged(before: Reading, now: Reading): boolean {
  if (now === UNANSWERED) return false;
  if (typeof before === 'string' || typeof now === 'string') return before !== now;
  return now.some((amount, at) => amount >= (before[at] ?? 0) + LEAST_GROWTH);
}

const failedLook = (error: unknown): string =>
  `cannot be looked at: ${error instanceof Error ? error.message : String(error)}`;

/** Looks at one sign, at one time only, and with a bound; when that is over, what it read last is what is known. */
class BoundedLook {
  #running: Promise<Reading> | undefined;
  #known: Reading = UNANSWERED;

  constructor(private readonly sign: Sign) {}

  async now(): Promise<Reading> {
    this.#running ??= this.sign()
      .catch(failedLook)
      .then((reading) => {
        this.#running = undefined;
        this.#known = reading;
        return reading;
      });
    const enough = new AbortController();
    const late = sleep(LONGEST_LOOK_MS, enough.signal).then(() => this.#known);
    const reading = await Promise.race([this.#running, late]);
    enough.abort();
    return reading;
  }
}

export interface WaitsOptions<Subject extends string, Name extends string> {
  readonly signs: Readonly<Record<Name, Sign>>;
  /** Tries the subjects again; they wait no longer, unless they fail again. */
  readonly wake: (subjects: readonly Subject[]) => void;
  /** Calls `action` once, after `ms` milliseconds; the result cancels it. */
  readonly after: (ms: number, action: () => void) => () => void;
  /** A clock that only goes forward. Milliseconds. */
  readonly monotonicMs: () => number;
}

export class Waits<Subject extends string, Name extends string> {
  readonly #options: WaitsOptions<Subject, Name>;
  readonly #looks: readonly (readonly [Name, BoundedLook])[];
  /** The readings before each attempt that runs, or has failed. */
  readonly #before = new Map<Subject, Readings<Name>>();
  readonly #waiting = new Map<Subject, Waiting<Name>>();
  #last: { readonly at: number; readonly readings: Promise<Readings<Name>> } | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: WaitsOptions<Subject, Name>) {
    this.#options = options;
    this.#looks = (Object.entries(options.signs) as [Name, Sign][]).map(
      ([name, sign]) => [name, new BoundedLook(sign)] as const,
    );
  }

  /** Subjects that wait for a sign. */
  get size(): number {
    return this.#waiting.size;
  }

  /** begins notes that an attempt at `subject` begins; resolves when it may. Never rejects. */
  async begins(subject: Subject): Promise<void> {
    this.#waiting.delete(subject);
    this.#before.set(subject, await this.#recent());
  }

  /** failed notes that the attempt has failed, and which signs would end the wait; none: we can look at nothing. */
  failed(subject: Subject, signs: readonly Name[]): void {
    const before = this.#before.get(subject);
    if (before === undefined || signs.length === 0 || this.#stopped) return;
    this.#waiting.set(subject, { signs, before });
    this.#arm();
  }

  /** works notes that `subject` waits for nothing. */
  works(subject: Subject): void {
    this.#before.delete(subject);
    this.#waiting.delete(subject);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#waiting.clear();
  }

  /** Readings may be older than the attempt, never younger: at worst it is made once more. */
  #recent(): Promise<Readings<Name>> {
    const { monotonicMs } = this.#options;
    if (this.#last !== undefined && monotonicMs() - this.#last.at < LOOK_MS) {
      return this.#last.readings;
    }
    return this.#look();
  }

  #look(): Promise<Readings<Name>> {
    const readings = Promise.all(
      this.#looks.map(async ([name, look]) => [name, await look.now()] as const),
    ).then((entries) => Object.fromEntries(entries) as Readings<Name>);
    this.#last = { at: this.#options.monotonicMs(), readings };
    return readings;
  }

  #arm(): void {
    this.#cancel ??= this.#options.after(LOOK_MS, () => void this.#compare());
  }

  async #compare(): Promise<void> {
    const now = await this.#look();
    this.#cancel = undefined;
    const woken: Subject[] = [];
    for (const [subject, { signs, before }] of this.#waiting) {
      if (signs.some((sign) => hasChanged(before[sign], now[sign]))) woken.push(subject);
    }
    for (const subject of woken) this.#waiting.delete(subject);
    if (this.#stopped) return;
    if (woken.length > 0) this.#options.wake(woken);
    if (this.#waiting.size > 0) this.#arm();
  }
}

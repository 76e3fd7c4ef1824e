/** Reads the machine's clocks and decides whether they may expire anything. It expires nothing itself. */
import {
  type ClockPolicy,
  type ClockState,
  type ClockVerdict,
  type EpochSeconds,
  epochSeconds,
  judgeClock,
  readClock,
  seconds,
  UNREAD_CLOCK,
} from '@nodemgr/records';

/** Where readings come from: the kernel in production. */
export interface ClockSource {
  /** Milliseconds since 1970. */
  wallMs(): number;
  /** Milliseconds since some fixed moment; never jumps. */
  monotonicMs(): number;
  synchronised(): boolean;
}

export class TrustedClock {
  #state: ClockState = UNREAD_CLOCK;

  constructor(
    private readonly source: ClockSource,
    private readonly policy: ClockPolicy,
  ) {
    this.look();
  }

  /** The machine's time, whether trusted or not. */
  get now(): EpochSeconds {
    return epochSeconds(Math.floor(this.source.wallMs() / 1000));
  }

  /** The verdict of the last look at the clock. */
  get verdict(): ClockVerdict {
    return judgeClock(this.#state, this.policy);
  }

  /**
   * stamps returns what a history stamps its events by (milliseconds since 1970). As long as nobody has
   * told the machine the time, none is before `known`, when something is known to have happened, and what
   * has passed since: a clock that is far behind would put them before all others, and they would be
   * forgotten as old as soon as it is set.
   */
  stamps(known: number): () => number {
    const startedAt = this.source.monotonicMs();
    return () => {
      const wall = this.source.wallMs();
      this.look();
      const isUnset = this.policy.require_sync && this.#state.last?.synchronised !== true;
      if (!isUnset) return Math.floor(wall);
      return Math.floor(Math.max(wall, known + this.source.monotonicMs() - startedAt));
    };
  }

  /**
   * look reads the clocks and judges them at once, so that no decision is made with the time after a
   * jump and the trust from before it.
   */
  look(): { readonly now: EpochSeconds; readonly clockTrusted: boolean } {
    const wall = seconds(this.source.wallMs() / 1000);
    const reading = {
      wall,
      monotonic: seconds(this.source.monotonicMs() / 1000),
      // Not asked when it does not matter: some machines forbid even the question.
      synchronised: !this.policy.require_sync || this.source.synchronised(),
    };
    this.#state = readClock(this.#state, reading, this.policy);
    return { now: epochSeconds(Math.floor(wall)), clockTrusted: this.verdict.trusted };
  }
}

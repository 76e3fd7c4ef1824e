/** Reads the machine's clocks once a second and says whether they may expire anything. */
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
    this.read();
  }

  get now(): EpochSeconds {
    return epochSeconds(Math.floor(this.source.wallMs() / 1000));
  }

  get verdict(): ClockVerdict {
    return judgeClock(this.#state, this.policy);
  }

  /** read takes the clocks into account; to be called more often than a jump would go unnoticed. */
  read(): void {
    const reading = {
      wall: this.now,
      monotonic: seconds(this.source.monotonicMs() / 1000),
      synchronised: this.source.synchronised(),
    };
    this.#state = readClock(this.#state, reading, this.policy);
  }
}

/** The port to the kernel's traffic control: what an implementation must observe and apply. */
import type { BandwidthState } from './bandwidth-state.ts';
import type { BandwidthStep } from './bandwidth-steps.ts';

export interface Kernel {
  /** How the operator calls it. */
  readonly driver: string;
  /** observe returns what the kernel has of ours. Rejects when that cannot be found out. */
  observe(signal: AbortSignal): Promise<BandwidthState>;
  /** apply makes all changes at once; rejects with the reason, and may be repeated then. */
  apply(steps: readonly BandwidthStep[], signal: AbortSignal): Promise<void>;
}

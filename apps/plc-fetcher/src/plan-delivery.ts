/**
 * Decides whether db-service needs an update from us, and with which timestamp. Pure. The question is
 * asked again and again with what db-service holds now, so nothing depends on who restarted when.
 */
import type { HeldSource } from '@nodemgr/contracts';
import { type EpochSeconds, epochSeconds } from '@nodemgr/records';

/** The update of a source that we can deliver. */
export interface Offer {
  /** Digest of the records, timestamps aside. */
  readonly digest: string;
  /** When the authority last vouched for them. */
  readonly vouchedAt: EpochSeconds;
  /** The authority vouched for them since this process started, so since the machine booted. */
  readonly fresh: boolean;
}

export type DeliveryPlan =
  | { readonly deliver: true; readonly timestamp: EpochSeconds }
  | {
      readonly deliver: false;
      readonly why: 'held already' | 'held back by the guard' | 'older than what is held';
    };

/** Reports whether db-service holds something else than it would after our update. */
function differs(offer: Offer, held: HeldSource): boolean {
  if (held.digest !== offer.digest) return true;
  // An update that the guard held back, and that PLC has taken back since, must not wait for a nod.
  if (held.refused_digest !== undefined) return true;
  return offer.fresh && !held.since_boot;
}

/** A document kept from earlier must not undo a later one (its file may have failed to be written). */
function isOutdated(offer: Offer, held: HeldSource): boolean {
  if (offer.fresh || held.digest === undefined || held.timestamp === undefined) return false;
  return held.timestamp > offer.vouchedAt;
}

/**
 * planDelivery compares what we have with what db-service holds. An update's timestamp never goes
 * back, though the clock may: it is that of our document, or the held one if that is later.
 */
export function planDelivery(offer: Offer, held: HeldSource): DeliveryPlan {
  if (held.refused_digest === offer.digest)
    return { deliver: false, why: 'held back by the guard' };
  if (!differs(offer, held)) return { deliver: false, why: 'held already' };
  if (isOutdated(offer, held)) return { deliver: false, why: 'older than what is held' };
  const timestamp = epochSeconds(Math.max(offer.vouchedAt, held.timestamp ?? 0));
  return { deliver: true, timestamp };
}

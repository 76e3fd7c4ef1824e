import { epochSeconds } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { type Offer, planDelivery } from './plan-delivery.ts';

const [OURS, OTHER] = ['a'.repeat(64), 'b'.repeat(64)] as const;
const anOffer = (changes: Partial<Offer> = {}): Offer => ({
  digest: OURS,
  vouchedAt: epochSeconds(1000),
  fresh: true,
  ...changes,
});
const kept = anOffer({ fresh: false });
const held = (timestamp: number, digest: string, since_boot = true) => ({
  timestamp: epochSeconds(timestamp),
  digest,
  since_boot,
});

describe('an update is delivered', () => {
  test('when db-service holds nothing', () => {
    expect(planDelivery(anOffer(), { since_boot: false })).toEqual({
      deliver: true,
      timestamp: 1000,
    });
  });

  test('when db-service holds something else', () => {
    expect(planDelivery(anOffer(), held(900, OTHER))).toEqual({ deliver: true, timestamp: 1000 });
  });

  test('with the held timestamp when that is later: it never goes back, though the clock may', () => {
    expect(planDelivery(anOffer(), held(2000, OTHER))).toEqual({ deliver: true, timestamp: 2000 });
  });

  test('once more when PLC has confirmed it and db-service has it from before this boot', () => {
    expect(planDelivery(anOffer(), held(1000, OURS, false)).deliver).toBe(true);
  });

  test('when the guard holds back another one, which PLC has taken back', () => {
    const refusing = { ...held(900, OURS), refused_digest: OTHER };
    expect(planDelivery(anOffer(), refusing).deliver).toBe(true);
  });

  test('from the kept document with that document’s time', () => {
    expect(planDelivery(kept, { since_boot: false })).toEqual({ deliver: true, timestamp: 1000 });
  });

  test('from the kept document when db-service has lost rows, whatever time it remembers', () => {
    const lost = { timestamp: epochSeconds(2000), since_boot: false };
    expect(planDelivery(kept, lost)).toEqual({ deliver: true, timestamp: 2000 });
  });
});

describe('nothing is sent', () => {
  test('when db-service holds it', () => {
    expect(planDelivery(anOffer(), held(900, OURS))).toEqual({
      deliver: false,
      why: 'held already',
    });
  });

  test('when the guard holds it back', () => {
    const refusing = { ...held(900, OTHER), refused_digest: OURS };
    expect(planDelivery(anOffer(), refusing)).toEqual({
      deliver: false,
      why: 'held back by the guard',
    });
  });

  test('from a kept document that db-service holds already, not even after a reboot', () => {
    expect(planDelivery(kept, held(1000, OURS, false)).deliver).toBe(false);
  });

  test('from a kept document when db-service holds a later one', () => {
    expect(planDelivery(kept, held(2000, OTHER, false))).toEqual({
      deliver: false,
      why: 'older than what is held',
    });
  });
});

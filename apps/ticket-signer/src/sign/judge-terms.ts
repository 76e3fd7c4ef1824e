/** Decides what of a ticket a caller may have signed. Pure. */
import { type EpochSeconds, epochSeconds } from '@nodemgr/records';
import type { TicketContent } from '@nodemgr/tickets';
import type { CallerConfig } from '../config/signer-schema.ts';
import { matchesPattern } from '../config/slice-pattern.ts';

/** What a caller may have signed. */
export type Grant = Pick<CallerConfig, 'name' | 'slices' | 'max_lifetime_seconds'>;

export type Terms = { readonly content: TicketContent } | { readonly why: string };

/**
 * judgeTerms returns what is to be signed for a caller: a slice of its own, issued now, ending when the
 * caller wants, but no later than it may have. Otherwise why it is not signed.
 */
export function judgeTerms(content: TicketContent, grant: Grant, now: EpochSeconds): Terms {
  const { name, expiry } = content;
  if (!grant.slices.some((pattern) => matchesPattern(pattern, name))) {
    return { why: `${grant.name} may not have slice ${name} signed` };
  }
  const latest = epochSeconds(now + grant.max_lifetime_seconds);
  return { content: { ...content, issued: now, expiry: expiry > latest ? latest : expiry } };
}

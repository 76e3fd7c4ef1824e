/** The cause of a commit and its author: the history gives them with everything in it. Pure. */
import type { EventAuthor } from '@nodemgr/contracts';
import { type EpochSeconds, isoTime, type Source } from '@nodemgr/records';

/** The cause of a commit. */
export type Cause =
  /** All that a source has to say; `allowed` when an operator let it through. */
  | {
      readonly kind: 'update';
      readonly source: Source;
      readonly timestamp: EpochSeconds;
      readonly allowed: boolean;
    }
  /** A ticket: `signer` is the fingerprint of the key that signed it, `caller` who handed it in. */
  | { readonly kind: 'ticket'; readonly signer: string; readonly caller: string }
  | { readonly kind: 'expiry' }
  /** A lease of a reservable node has begun, or is over: by the clock, or because `document` has come. */
  | {
      readonly kind: 'lease';
      readonly document?: { readonly source: Source; readonly timestamp: EpochSeconds };
    }
  /** A write of the API, with its caller as the gateway names it. */
  | { readonly kind: 'call'; readonly caller: string };

/** authorOf returns the author of a commit for the history. */
export function authorOf(cause: Cause): EventAuthor {
  switch (cause.kind) {
    case 'update':
      return { kind: cause.source };
    case 'ticket':
      return { kind: 'ticket' };
    case 'lease':
      return { kind: cause.document?.source ?? 'clock' };
    case 'expiry':
      return { kind: 'clock' };
    case 'call':
      return { kind: 'api-caller', name: cause.caller };
  }
}

/** The form in which each source delivers. */
export const DOCUMENTS: Readonly<Record<Source, string>> = {
  plc: 'the document',
  config: 'the configuration',
  ticket: 'the tickets',
};

/** documentText names the document that caused a commit: 'the document of 2023-11-14T22:13:20Z'. */
export function documentText(cause: Cause): string {
  if (cause.kind === 'ticket') {
    return `a ticket, signed by ${cause.signer}, delivered by ${cause.caller}`;
  }
  if (cause.kind !== 'update') return 'the record';
  const { source, timestamp, allowed } = cause;
  const letThrough = allowed ? ', which an operator let through' : '';
  return `${DOCUMENTS[source]} of ${isoTime(timestamp)}${letThrough}`;
}

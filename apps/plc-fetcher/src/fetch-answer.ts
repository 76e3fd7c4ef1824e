/** What one fetch can come back with: the values that the fetchers, the store and the planners share. */

/** What PLC gave beside a document, to be sent back with the next request (RFC 9110, 13.1). */
export interface Validators {
  readonly etag?: string | undefined;
  readonly last_modified?: string | undefined;
}

export type FetchAnswer =
  /** PLC vouches for the document whose validators were sent. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'document'; readonly bytes: Buffer; readonly validators: Validators }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** PLC was reached, and answered with no document. */
      readonly refused?: true;
      /** What PLC asked for (RFC 9110, 10.2.3). */
      readonly retryAfterSeconds?: number | undefined;
    };

/** One way of fetching. Never rejects: a failure is an answer. Ends when `signal` aborts. */
export type Fetch = (validators: Validators, signal: AbortSignal) => Promise<FetchAnswer>;

/** The most that a validator may be long; a longer one is not kept. */
export const MAX_VALIDATOR_LENGTH = 1000;

/** reasonOf puts an error in a few words: its message and code, or those of the errors that it gathers. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined || error.message.includes(code)
    ? error.message
    : `${error.message} (${code})`;
}

/** What a request and its answer are to those who deal with them. Types only. */
import type { ServerResponse } from 'node:http';
import type { SharingCaller } from '../caller/caller-shares.ts';
import type { ApiRequest } from './api-request.ts';

/** A request and what is needed to answer it. */
export interface Exchange extends SharingCaller {
  readonly request: ApiRequest;
  readonly response: ServerResponse;
  /** The client waits for '100 Continue' before it sends the body. */
  readonly expectsContinue: boolean;
  /** Reports, when the answer is sent, that nothing else will be taken from the connection. */
  readonly isLast: () => boolean;
}

/** Answers operators (`nmctl`) from what the loops know. */
import type { Handlers } from '@nodemgr/bus';
import type { FetcherStatus, fetcherOperatorContract } from '@nodemgr/contracts';
import type { CommonStatus } from '@nodemgr/daemon';
import type { PollLoop, PollStatus } from './poll-loop.ts';

/** The last good document; with nothing heard from PLC yet there is none. */
function documentOf({ good }: PollStatus): FetcherStatus['detail']['document'] {
  if (good === undefined) return undefined;
  return { bytes: good.bytes, ...good.document.totals, fetched_at: good.fetchedAt };
}

function detailOf(url: string, status: PollStatus): FetcherStatus['detail'] {
  const { lastAttempt, lastSuccess, lastOutcome, nextAttempt } = status;
  return {
    url,
    last_attempt: lastAttempt,
    last_success: lastSuccess,
    next_attempt: nextAttempt,
    last_outcome: lastOutcome,
    document: documentOf(status),
  };
}

/** operatorHandlers returns the answers to fetcherOperatorContract. */
export function operatorHandlers(options: {
  readonly url: string;
  readonly polls: Pick<PollLoop, 'status' | 'fetchNow'>;
  readonly commonStatus: () => CommonStatus;
}): Handlers<typeof fetcherOperatorContract> {
  const { url, polls, commonStatus } = options;
  return {
    status: () => ({ ...commonStatus(), detail: detailOf(url, polls.status) }),
    fetch_now: async () => ({ outcome: await polls.fetchNow() }),
  };
}

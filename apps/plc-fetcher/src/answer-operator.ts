/** Answers operators (`nmctl`) from what the loops know. */
import type { Handlers } from '@nodemgr/bus';
import {
  type FetcherStatus,
  type fetcherOperatorContract,
  RETRY_MS,
  type SignedDocumentView,
  type Tried,
} from '@nodemgr/contracts';
import { type CommonStatus, type FailureBoard, sleep } from '@nodemgr/daemon';
import { PLC_DOCUMENTS, type PlcKind } from '@nodemgr/records';
import { DB_SERVICE } from './delivery-loop.ts';
import { KEPT } from './kept-document.ts';
import type { Fetcher } from './make-fetcher.ts';
import { PLC, type PollStatus } from './poll-loop.ts';
import type { SignedDocument } from './source/desired-state-source.ts';

/** The last good document; with nothing heard from PLC yet there is none. */
function documentOf({ good }: PollStatus): FetcherStatus['detail']['document'] {
  if (good === undefined) return undefined;
  const { signed, state } = good.read;
  const about = { bytes: good.bytes, ...state.totals, fetched_at: good.fetchedAt };
  return signed === undefined ? about : { ...about, signed: viewOf(signed) };
}

/** Without the proof, which means nothing to people. */
function viewOf({ document, serial, issued, signers }: SignedDocument): SignedDocumentView {
  return { document, serial, issued, signers: [...signers] };
}

function detailOf(
  { url, kind }: Pick<OperatorOptions, 'url' | 'kind'>,
  status: PollStatus,
): FetcherStatus['detail'] {
  const { lastAttempt, lastSuccess, lastPoll, nextAttempt } = status;
  return {
    url,
    kind,
    last_attempt: lastAttempt,
    last_success: lastSuccess,
    next_attempt: nextAttempt,
    last_poll: lastPoll,
    document: documentOf(status),
    ...(status.heldBack === undefined ? {} : { held_back: viewOf(status.heldBack) }),
  };
}

interface OperatorOptions {
  readonly url: string;
  readonly kind: PlcKind;
  readonly fetcher: Pick<Fetcher, 'polls' | 'deliveries' | 'kept'>;
  readonly failures: Pick<FailureBoard, 'find'>;
  readonly commonStatus: () => CommonStatus;
}

/** The attempts that can be made, by the subject that fails; other subjects wait for somebody else. */
function attemptsOf({
  fetcher,
  kind,
}: OperatorOptions): Readonly<Record<string, () => Promise<unknown>>> {
  const { polls, deliveries, kept } = fetcher;
  return {
    [PLC]: () => polls.fetchNow(),
    [PLC_DOCUMENTS[kind]]: () => polls.fetchNow(),
    [KEPT]: () => kept.again(),
    [DB_SERVICE]: () => deliveries.retry(),
  };
}

/** Tries `name`, or all that fails; waits RETRY_MS at most. */
async function retry(options: OperatorOptions, name: string | undefined): Promise<Tried[]> {
  const { failures } = options;
  const attempts = Object.entries(attemptsOf(options)).filter(([subject]) =>
    name === undefined ? failures.find(subject) !== undefined : subject === name,
  );
  const enough = new AbortController();
  const late = sleep(RETRY_MS, enough.signal).then((): Tried['outcome'] => 'tried still');
  const tried = attempts.map(async ([subject, attempt]): Promise<Tried> => {
    const outcome = await Promise.race([attempt().then(() => undefined), late]);
    const failure = failures.find(subject);
    if (outcome !== undefined) return { subject, outcome };
    if (failure === undefined) return { subject, outcome: 'works' };
    return { subject, outcome: 'fails', reason: `${failure.action}: ${failure.reason}` };
  });
  const all = await Promise.all(tried);
  enough.abort();
  return all;
}

/** operatorHandlers returns the answers to fetcherOperatorContract. */
export function operatorHandlers(
  options: OperatorOptions,
): Handlers<typeof fetcherOperatorContract> {
  const { fetcher, commonStatus } = options;
  const { polls } = fetcher;
  return {
    status: () => ({ ...commonStatus(), detail: detailOf(options, polls.status) }),
    retry: async ({ name }) => ({ tried: await retry(options, name) }),
    fetch_now: () => polls.fetchNow(),
    allow_document: async ({ document }) => {
      const poll = await polls.allow(document);
      return poll === undefined ? {} : { poll };
    },
  };
}

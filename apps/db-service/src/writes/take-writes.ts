/**
 * Carries the API's writes out: decide, commit, log who did what to whom. Writes that are asked for within one
 * turn of the event loop share a commit, and so its fsync: while the disk is waited for, others arrive.
 */
import type { Handlers } from '@nodemgr/bus';
import type { WriteContract } from '@nodemgr/contracts';
import type { Logger } from '@nodemgr/daemon';
import type { AccountName, EpochSeconds, Revision } from '@nodemgr/records';
import type { Change, Outcome, StateKeeper } from '../commit/state-keeper.ts';
import { decideWrite, type WriteRequest } from './decide-write.ts';

/** Who asks for what to be done to which sliver. */
export interface Write {
  readonly request_id: string;
  readonly sliver: AccountName;
  readonly caller: string;
  readonly request: WriteRequest;
}

type Target = Omit<Write, 'request'>;

/** The fields of a write's log line: its loans are the tenant's to choose, and may be a thousand. */
function summaryOf(request: WriteRequest): { act: string; loans?: number } {
  return request.act === 'set_loans'
    ? { act: request.act, loans: request.loans.length }
    : { act: request.act };
}

/** Where writes are committed and logged. */
export interface WriteOptions {
  readonly keeper: StateKeeper;
  readonly now: () => EpochSeconds;
  readonly log: Logger;
}

function changeOf({ request_id, sliver, caller, request }: Write, at: EpochSeconds): Change {
  return {
    decide: (state) => decideWrite(request, sliver, state, { caller, at }),
    cause: { kind: 'call', caller },
    request: { id: request_id, at },
  };
}

/** The outcome of a write that is durable already, or of which that cannot be known. */
function earlierOutcome(keeper: StateKeeper, { request_id }: Write): Outcome | undefined {
  try {
    const revision = keeper.answeredAt(request_id);
    return revision === undefined ? undefined : { revision, changed: false };
  } catch (refused) {
    return { refused };
  }
}

/**
 * commitWrites makes writes durable in one commit, in their order, and returns the outcome of each. No two have
 * one request id; what repeats an earlier request changes nothing.
 */
export function commitWrites(
  { keeper, now, log }: WriteOptions,
  writes: readonly Write[],
): readonly Outcome[] {
  const earlier = writes.map((write) => earlierOutcome(keeper, write));
  const fresh = writes.filter((_, at) => earlier[at] === undefined);
  const made = keeper.commitTogether(fresh.map((write) => changeOf(write, now())));
  for (const [at, { caller, sliver, request }] of fresh.entries()) {
    const outcome = made[at];
    if (outcome === undefined || 'refused' in outcome) continue;
    const { changed, revision } = outcome;
    const fields = { caller, sliver, ...summaryOf(request), changed, revision };
    log.info(fields, 'a write was made durable');
  }
  const rest = made.values();
  return earlier.flatMap((outcome) => outcome ?? rest.next().value ?? []);
}

/** Writes of one commit. What else there is to be done has its turn between two. */
const MOST_TOGETHER = 64;

interface Waiting {
  readonly write: Write;
  readonly settle: (outcome: Outcome) => void;
  readonly outcome: Promise<Outcome>;
}

function waitingFor(write: Write): Waiting {
  let settle = (_: Outcome): void => undefined;
  const outcome = new Promise<Outcome>((resolve) => {
    settle = resolve;
  });
  return { write, settle, outcome };
}

export class WriteQueue {
  /** By request id, in the order in which they came. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(private readonly options: WriteOptions) {}

  /**
   * make resolves with the revision of a write once it is durable; a retry of the same request changes nothing,
   * and waits for the outcome of what it repeats. Rejects with the Fault that says why it is refused.
   */
  async make(write: Write): Promise<{ revision: Revision }> {
    const known = this.#waiting.get(write.request_id);
    const { outcome } = known ?? this.#add(waitingFor(write));
    const made = await outcome;
    if ('refused' in made) throw made.refused;
    return { revision: made.revision };
  }

  #add(waiting: Waiting): Waiting {
    if (this.#waiting.size === 0) setImmediate(() => this.#commitNext());
    this.#waiting.set(waiting.write.request_id, waiting);
    return waiting;
  }

  #commitNext(): void {
    const next = [...this.#waiting.values()].slice(0, MOST_TOGETHER);
    for (const { write } of next) this.#waiting.delete(write.request_id);
    if (this.#waiting.size > 0) setImmediate(() => this.#commitNext());
    const outcomes = commitWrites(
      this.options,
      next.map(({ write }) => write),
    );
    for (const [at, outcome] of outcomes.entries()) next[at]?.settle(outcome);
  }
}

/** writeHandlers answers writes to slivers. Tickets are another matter (take-tickets.ts). */
export function writeHandlers(queue: WriteQueue): Omit<Handlers<WriteContract>, 'deliver_ticket'> {
  const write = ({ request_id, sliver, caller }: Target, request: WriteRequest) =>
    queue.make({ request_id, sliver, caller, request });
  return {
    set_loans: (params) => write(params, { act: 'set_loans', loans: params.loans }),
    start: (params) => write(params, { act: 'start' }),
    stop: (params) => write(params, { act: 'stop' }),
    create_sliver: (params) => write(params, { act: 'create_sliver' }),
    delete_sliver: (params) => write(params, { act: 'delete_sliver' }),
    recreate: (params) => write(params, { act: 'recreate' }),
  };
}

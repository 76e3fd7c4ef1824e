/** `nmctl events [NAME]`: what happened on the node, or to one account, why, and by whom. */
import {
  type EventSubject,
  eventSubjectSchema,
  MAX_EVENTS,
  NODE_SUBJECT,
} from '@nodemgr/contracts';
import { heard } from '../ask/answer.ts';
import { daemonsOf, LOOK_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { namesOfAccounts, suggestName } from '../ask/suggest-name.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { parseSince, sinceWanted } from '../parse-since.ts';
import { renderEvents } from '../render/render-events.ts';
import type { Session } from '../session.ts';
import { mergeHistory } from './merge-history.ts';

export interface EventsOptions {
  /** NaN where that was no number. */
  readonly limit: number;
  /** As it was written. */
  readonly since?: string | undefined;
}

interface Wanted {
  readonly name?: EventSubject;
  readonly limit: number;
  readonly since?: number;
}

/** Returns what is asked for, or what is wrong with it. */
function readWanted(
  name: string | undefined,
  { limit, since }: EventsOptions,
  now: number,
): Wanted | string {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_EVENTS) {
    return `--limit wants a number, at least 1 and at most ${MAX_EVENTS}`;
  }
  const from = since === undefined ? undefined : parseSince(since, now);
  if (since !== undefined && from === undefined) {
    return sinceWanted(since);
  }
  const subject = name === undefined ? undefined : eventSubjectSchema.safeParse(name);
  if (subject?.success === false) return `'${name}' ${subject.error.issues[0]?.message ?? ''}`;
  return {
    limit,
    ...(subject === undefined ? {} : { name: subject.data }),
    ...(from === undefined ? {} : { since: from }),
  };
}

/** Prints the history of one account or of all; a part whose daemon is away is missing. */
export async function showEvents(
  session: Session,
  name: string | undefined,
  options: EventsOptions,
): Promise<ExitCode> {
  const { terminal, json } = session;
  const wanted = readWanted(name, options, terminal.page.now);
  if (typeof wanted === 'string') {
    terminal.complain(wanted);
    return EXIT.usage;
  }
  const ask = daemonsOf(session);
  const [said, done, cut] = await Promise.all([
    ask('db-service', 'events', wanted, LOOK_MS),
    ask('account-supervisor', 'events', wanted, LOOK_MS),
    ask('bwcap-agent', 'events', wanted, LOOK_MS),
  ]);
  const code = complainOfMissing(
    [
      {
        daemon: 'db-service',
        missing: 'what was asked for (records, loans, calls) is not shown',
        answer: said,
      },
      {
        daemon: 'account-supervisor',
        missing: 'what was done on the machine is not shown',
        answer: done,
      },
      {
        daemon: 'bwcap-agent',
        missing: 'whose rate was cut for the day is not shown',
        answer: cut,
      },
    ],
    terminal,
  );
  if (code === EXIT.silent) return code;
  const parts = [heard(said), heard(done), heard(cut)].flatMap((part) => part ?? []);
  const history = mergeHistory(parts, options.limit);
  if (name !== undefined && history.events.length === 0 && options.since === undefined) {
    const names = name === NODE_SUBJECT ? undefined : await namesOfAccounts(ask);
    if (names?.includes(name) === false) return suggestName('account', name, names, terminal);
  }
  if (json) terminal.printJson(history);
  else terminal.print(renderEvents({ ...history, name }, terminal.page));
  return code;
}

/** `nmctl explain NAME`: why a sliver's effective RSpec is what it is, and what the kernel enforces. */

import type { Readings } from '@nodemgr/contracts';
import { type AccountName, isSliceName } from '@nodemgr/records';
import { type Answer, heard, isSilent } from '../ask/answer.ts';
import { type Ask, daemonsOf, LOOK_MS } from '../ask/ask-daemons.ts';
import { askStatus } from '../ask/ask-status.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { failuresOf } from '../ask/node-status.ts';
import { accountItemOf, failuresAbout } from '../ask/sliver-summary.ts';
import { suggestSliver } from '../ask/suggest-name.ts';
import { mergeHistory } from '../events/merge-history.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { compareReadings } from './compare-readings.ts';
import {
  accountForResources,
  type Enforcement,
  type Explanation,
  isInOrder,
  troublesIn,
} from './explanation.ts';
import { renderExplanation } from './render-explanation.ts';

/** Events that are looked through for what went wrong lately. */
const EVENTS = 500;

async function askAll(ask: Ask, name: AccountName) {
  const [view, accounts, bandwidth, events, cuts, status] = await Promise.all([
    ask('db-service', 'sliver', { name }, LOOK_MS),
    ask('account-supervisor', 'readings', { name }, LOOK_MS),
    ask('bwcap-agent', 'readings', { name }, LOOK_MS),
    ask('account-supervisor', 'events', { name, limit: EVENTS }, LOOK_MS),
    ask('bwcap-agent', 'events', { name, limit: EVENTS }, LOOK_MS),
    askStatus(ask),
  ]);
  return { view, accounts, bandwidth, histories: [events, cuts], status };
}

type Known = Awaited<ReturnType<typeof askAll>>;

function enforcementOf(agent: string, answer: Answer<Readings>): readonly Enforcement[] {
  const readings = heard(answer);
  if (readings === undefined) return [];
  const { driver, undecided } = readings;
  return [{ agent, driver, readings: compareReadings(readings), undecided }];
}

function explanationOf(name: AccountName, known: Known): Explanation {
  const view = heard(known.view);
  const item = accountItemOf(view?.item);
  const histories = known.histories.flatMap((answer) => heard(answer) ?? []);
  const loans = { loans_out: view?.loans_out ?? [], loans_in: view?.loans_in ?? [] };
  return {
    name,
    item,
    resources: item === undefined ? [] : accountForResources(item, loans),
    ...loans,
    enforced: [
      ...enforcementOf('account-supervisor', known.accounts),
      ...enforcementOf('bwcap-agent', known.bandwidth),
    ],
    failures: failuresAbout(name, failuresOf(known.status)),
    lately: troublesIn(mergeHistory(histories, EVENTS).events),
  };
}

/** A sliver that has no record is still explained as far as the kernel knows of it. */
const isKnown = ({ item, enforced }: Explanation): boolean =>
  item !== undefined || enforced.some(({ readings }) => readings.length > 0);

/** Prints why one sliver has what it has; exits with `trouble` when it has not. */
export async function explainSliver(session: Session, name: string): Promise<ExitCode> {
  const { terminal, json } = session;
  const ask = daemonsOf(session);
  if (!isSliceName(name)) return suggestSliver(ask, name, terminal);
  const known = await askAll(ask, name);
  const explanation = explanationOf(name, known);
  if (!isKnown(explanation) && !isSilent(known.view)) return suggestSliver(ask, name, terminal);
  const code = complainOfMissing(
    [
      {
        daemon: 'db-service',
        missing: 'its record and its loans are not shown',
        answer: known.view,
      },
      {
        daemon: 'account-supervisor',
        missing: 'its CPU, memory, tasks and disk are not shown',
        answer: known.accounts,
      },
      {
        daemon: 'bwcap-agent',
        missing: 'its bandwidth is not shown',
        answer: known.bandwidth,
      },
    ],
    terminal,
  );
  if (code === EXIT.silent) return code;
  if (json) terminal.printJson(explanation);
  else terminal.print(renderExplanation(explanation, terminal.page));
  return code === EXIT.ok && !isInOrder(explanation) ? EXIT.trouble : code;
}

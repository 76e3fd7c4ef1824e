/** `nmctl sliver NAME`: everything that is known of one sliver, or of a delegate. */

import type { ObservedAccountView, SliverView, Traffic } from '@nodemgr/contracts';
import { isSliceName } from '@nodemgr/records';
import { type Answer, heard, isSilent } from '../ask/answer.ts';
import { type Ask, daemonsOf, LOOK_MS } from '../ask/ask-daemons.ts';
import { askStatus } from '../ask/ask-status.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { failuresOf, type NodeStatus, troublesAbout } from '../ask/node-status.ts';
import { accountItemOf, failuresAbout } from '../ask/sliver-summary.ts';
import { suggestName } from '../ask/suggest-name.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { grantsTo, renderDelegate } from './render-delegate.ts';
import { renderSliver, type SliverPage } from './render-sliver.ts';

interface Known {
  readonly view: Answer<SliverView>;
  readonly observed: Answer<readonly ObservedAccountView[]>;
  /** Undefined: what is asked about can be no sliver's name. */
  readonly traffic: Answer<Traffic> | undefined;
  readonly status: NodeStatus;
}

async function askAbout(ask: Ask, name: string): Promise<Known> {
  const [view, observed, traffic, status] = await Promise.all([
    ask('db-service', 'sliver', { name }, LOOK_MS),
    ask('account-supervisor', 'observed', {}, LOOK_MS),
    isSliceName(name) ? ask('bwcap-agent', 'traffic', { name }, LOOK_MS) : undefined,
    askStatus(ask),
  ]);
  return { view, observed, traffic, status };
}

function pageOf(name: string, { view, observed, traffic, status }: Known): SliverPage {
  const seen = heard(observed)?.find((account) => account.name === name);
  const record = heard(view);
  return {
    name,
    item: accountItemOf(record?.item),
    loansOut: record?.loans_out ?? [],
    loansIn: record?.loans_in ?? [],
    observed: seen ?? (observed.answered ? 'absent' : 'unknown'),
    today: traffic && heard(traffic)?.slivers[0]?.today,
    failures: failuresAbout(name, failuresOf(status)),
    remarks: record?.remarks ?? [],
  };
}

/** A name that is no sliver's may be a delegate's, or nearly a sliver's. */
async function showOther(
  session: Session,
  ask: Ask,
  { name, observed, failures }: SliverPage,
  status: NodeStatus,
): Promise<ExitCode> {
  const { terminal, json } = session;
  const accounts = heard(await ask('db-service', 'accounts', {}, LOOK_MS)) ?? [];
  const items = accounts.flatMap((account) => accountItemOf(account.item) ?? []);
  const item = items.find(({ record }) => record.name === name);
  if (item?.record.account_type !== 'delegate') {
    const names = items.map(({ record }) => record.name);
    return suggestName('sliver', name, names, terminal);
  }
  const troubles = troublesAbout(item.record.record_key, status);
  const page = { name, item, grants: grantsTo(name, items), observed, failures, troubles };
  if (json) terminal.printJson(page);
  else terminal.print(renderDelegate(page, terminal.page));
  const isWell = observed !== 'unknown' && failures.length === 0 && troubles.length === 0;
  return isWell ? EXIT.ok : EXIT.trouble;
}

/** Prints the page of one sliver, as far as it is known. */
export async function showSliver(session: Session, name: string): Promise<ExitCode> {
  const { terminal, json } = session;
  const ask = daemonsOf(session);
  const known = await askAbout(ask, name);
  const page = pageOf(name, known);
  const { view, observed, traffic } = known;
  const isSliver =
    page.item !== undefined ||
    // A source may name it without saying anything that makes a record.
    page.remarks.length > 0 ||
    (typeof page.observed === 'object' && page.observed.state !== 'delegate');
  if (!isSliver && !isSilent(view)) return showOther(session, ask, page, known.status);
  const code = complainOfMissing(
    [
      { daemon: 'db-service', missing: 'its record is not shown', answer: view },
      { daemon: 'account-supervisor', missing: 'its state is not known', answer: observed },
      ...(traffic === undefined
        ? []
        : [
            {
              daemon: 'bwcap-agent' as const,
              missing: 'what it has sent today is not shown',
              answer: traffic,
            },
          ]),
    ],
    terminal,
  );
  if (code === EXIT.silent) return code;
  if (json) terminal.printJson(page);
  else terminal.print(renderSliver(page, terminal.page));
  const hasTrouble =
    page.failures.length > 0 || page.remarks.some(({ severity }) => severity === 'trouble');
  return code === EXIT.ok && hasTrouble ? EXIT.trouble : code;
}

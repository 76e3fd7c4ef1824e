/** Answers a name that a command does not know: it may be nearly another one. */

import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { heard } from './answer.ts';
import { type Ask, LOOK_MS } from './ask-daemons.ts';
import { nearNames } from './near-names.ts';
import { accountItemOf } from './sliver-summary.ts';

export type NameKind = 'sliver' | 'account';

/** suggestName complains that there is no `name`, with the names that it may have meant. */
export function suggestName(
  kind: NameKind,
  name: string,
  names: readonly string[],
  terminal: Terminal,
): ExitCode {
  const near = nearNames(name, names);
  const hint = near.length === 0 ? 'see: nmctl slivers' : `did you mean ${near.join(' or ')}?`;
  terminal.complain(`no ${kind} '${name}' on this node; ${hint}`);
  return EXIT.trouble;
}

/** namesOfAccounts returns the names of all accounts that have a record; undefined when db-service does not answer. */
export async function namesOfAccounts(ask: Ask): Promise<readonly string[] | undefined> {
  const accounts = heard(await ask('db-service', 'accounts', {}, LOOK_MS));
  return accounts?.map(({ name }) => name);
}

/** suggestSliver complains that `name` is no sliver; a delegate is named as one. */
export async function suggestSliver(ask: Ask, name: string, terminal: Terminal): Promise<ExitCode> {
  const accounts = heard(await ask('db-service', 'accounts', {}, LOOK_MS)) ?? [];
  const items = accounts.flatMap(({ item }) => accountItemOf(item) ?? []);
  const known = items.find(({ record }) => record.name === name);
  if (known?.record.account_type === 'delegate') {
    terminal.complain(`'${name}' is a delegate, which has no resources; see: nmctl sliver ${name}`);
    return EXIT.trouble;
  }
  const names = items.map(({ record }) => record.name);
  return suggestName('sliver', name, names, terminal);
}

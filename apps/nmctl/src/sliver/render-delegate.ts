/** Renders everything that is known of one delegate. Pure. */
import type { AccountItem } from '@nodemgr/contracts';
import { isSliver } from '@nodemgr/records';
import type { DaemonFailure } from '../ask/node-status.ts';
import { foldLine } from '../render/fold-line.ts';
import {
  entriesOn,
  keysOf,
  type Observed,
  observedText,
  recordText,
  section,
} from '../render/render-account.ts';
import { renderFailures } from '../render/render-failures.ts';
import { type Line, line, type Page, span } from '../render/render-line.ts';
import { renderTable } from '../render/render-table.ts';
import { momentText } from '../render/render-time.ts';

/** The methods that one sliver's record lets a delegate call on it. */
export interface Grant {
  readonly sliver: string;
  readonly methods: readonly string[];
}

/** Everything that the daemons report about one delegate. */
export interface DelegatePage {
  readonly name: string;
  readonly item: AccountItem;
  readonly grants: readonly Grant[];
  readonly observed: Observed;
  readonly failures: readonly DaemonFailure[];
  /** Parts of its configuration that do not count, and why. */
  readonly troubles: readonly string[];
}

/** grantsTo returns what the slivers among `items` grant to the caller `name`. */
export function grantsTo(name: string, items: readonly AccountItem[]): readonly Grant[] {
  return items.flatMap(({ record }) => {
    if (!isSliver(record)) return [];
    const methods = record.delegations.flatMap(([caller, method]) =>
      caller === name ? [method] : [],
    );
    return methods.length === 0 ? [] : [{ sliver: record.name, methods }];
  });
}

/** renderDelegate returns the page of one delegate. */
export function renderDelegate(delegate: DelegatePage, page: Page): readonly Line[] {
  const { name, item, grants, observed, failures, troubles } = delegate;
  const { ssh_keys, expiry } = item.record;
  const entry = entriesOn(page);
  const keys = keysOf(ssh_keys);
  const rows = grants.map(({ sliver, methods }) => [sliver, methods.join(', ')]);
  const granted = renderTable([{ title: 'SLIVER' }, { title: 'MAY CALL' }], rows, page, '  ');
  return [
    line(span(name, 'strong'), ', a delegate'),
    line(''),
    ...entry('record', recordText(item, page)),
    ...entry('expires', expiry === undefined ? 'never' : momentText(expiry * 1000, page)),
    ...(keys.length === 0 ? entry('ssh keys', 'none') : []),
    ...(grants.length === 0 ? entry('granted', 'nothing, by no sliver') : []),
    ...entry('observed', observedText(observed)),
    ...section(
      'ssh keys',
      keys.flatMap((key) => foldLine(line(`  ${key}`), page, 4)),
    ),
    ...section('granted by', granted),
    ...section('failing', renderFailures(failures, page, '  ')),
    ...section(
      'left out, ignored or cut',
      troubles.flatMap((text) => foldLine(line(span(`  ${text}`, 'bad')), page, 4)),
    ),
  ];
}

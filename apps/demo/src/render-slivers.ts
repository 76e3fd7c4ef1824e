/** The table of slivers that the demo shows once they are up. Pure. */
import type { AccountItem } from '@nodemgr/contracts';
import { amountOf, amountText, type ResourceName } from '@nodemgr/records';
import type { AccountsLook } from './node-look.ts';

const COLUMNS = ['sliver', 'state', 'id', 'CPU share', 'guaranteed', 'disk', 'net max', 'loans'];

function isSliverItem(item: unknown): item is AccountItem {
  const candidate = item as AccountItem | undefined;
  return candidate?.kind === 'account' && candidate.record.account_type === 'sliver';
}

function rowFor(item: AccountItem, state: string): string[] {
  const amount = (name: ResourceName) => amountOf(item.effective, name);
  const text = (name: ResourceName) => amountText(name, amount(name));
  const { record, local } = item;
  return [
    record.name,
    state,
    'id' in record ? String(record.id) : '',
    String(amount('nm_cpu_share')),
    text('nm_cpu_guaranteed_share'),
    `${Math.round(amount('nm_disk_quota') / 1024)} MiB`,
    text('nm_net_max_rate'),
    local.loans.length === 0 ? '' : String(local.loans.length),
  ];
}

function sliverItems({ accounts }: AccountsLook): readonly AccountItem[] {
  return accounts
    .map(({ item }) => item)
    .filter(isSliverItem)
    .sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
}

/** sliverNames returns the names of all slivers, sorted. */
export function sliverNames(look: AccountsLook): readonly string[] {
  return sliverItems(look).map(({ record }) => record.name);
}

/** renderSlivers returns the table's lines, a sliver each, in the order of their names. */
export function renderSlivers(look: AccountsLook): readonly string[] {
  const states = new Map(look.observed.map(({ name, state }) => [name, state]));
  const rows = sliverItems(look).map((item) =>
    rowFor(item, states.get(item.record.name) ?? 'absent'),
  );
  const all = [COLUMNS, ...rows];
  const widths = COLUMNS.map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

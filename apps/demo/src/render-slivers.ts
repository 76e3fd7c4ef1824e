/** The table of slivers that the demo shows once they are up. Pure. */
import type { AccountItem } from '@nodemgr/contracts';
import { amountOf, type ResourceName } from '@nodemgr/records';
import type { AccountsLook } from './node-look.ts';

const COLUMNS = ['sliver', 'state', 'id', 'CPU share', 'guaranteed', 'disk', 'net max', 'loans'];

function isSliverItem(item: unknown): item is AccountItem {
  const candidate = item as AccountItem | undefined;
  return candidate?.kind === 'account' && candidate.record.account_type === 'sliver';
}

const RATE_UNITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];

/** formatRate writes bits/s with the unit that people would use. */
export function formatRate(bitsPerSecond: number): string {
  const step = Math.min(
    RATE_UNITS.length - 1,
    Math.floor(Math.log10(Math.max(1, bitsPerSecond)) / 3),
  );
  return `${Number((bitsPerSecond / 1000 ** step).toPrecision(4))} ${RATE_UNITS[step]}`;
}

function rowFor(item: AccountItem, state: string): string[] {
  const amount = (name: ResourceName) => amountOf(item.effective, name);
  const { record, local } = item;
  return [
    record.name,
    state,
    'id' in record ? String(record.id) : '',
    String(amount('nm_cpu_share')),
    `${amount('nm_cpu_guaranteed_share') / 10}%`,
    `${Math.round(amount('nm_disk_quota') / 1024)} MiB`,
    formatRate(amount('nm_net_max_rate')),
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

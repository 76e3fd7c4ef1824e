/** Describes what a new record changes of the one held. Pure. */
import { type HeldRecord, isoTime, type Rspec, resourceOf } from '@nodemgr/records';

const changed = (what: string, was: unknown, is: unknown): string => `${what} ${was} → ${is}`;

function rspecChanges(was: Rspec, is: Rspec): readonly string[] {
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...names]
    .filter((name) => was[name] !== is[name])
    .map((name) => {
      const unit = /^(KiB|bits\/s)$/.exec(resourceOf(name)?.unit ?? '')?.[0];
      const text = changed(name, was[name] ?? 'default', is[name] ?? 'default');
      return unit === undefined ? text : `${text} ${unit}`;
    });
}

const lines = (text: unknown): number =>
  String(text)
    .split('\n')
    .filter((line) => line.trim() !== '').length;

/** A text that is too long to be shown: by its lines, where they tell the two apart. */
function textChange(what: string, was: unknown, is: unknown): string {
  return lines(was) === lines(is)
    ? `${what} replaced`
    : changed(`lines of ${what}`, lines(was), lines(is));
}

function listChange(what: string, was: unknown, is: unknown): string {
  const count = (list: unknown) => (Array.isArray(list) ? list.length : 0);
  return count(was) === count(is)
    ? `${what} replaced`
    : changed(`number of ${what}`, count(was), count(is));
}

/** Fields whose changes are no news. */
const SILENT = new Set(['timestamp', 'record_key', 'name', 'account_type']);

function fieldChange(field: string, was: unknown, is: unknown): readonly string[] {
  if (SILENT.has(field) || JSON.stringify(was) === JSON.stringify(is)) return [];
  switch (field) {
    case 'rspec':
      // A record was checked when it came in: this field holds an RSpec.
      return rspecChanges(was as Rspec, is as Rspec);
    case 'ssh_keys':
      return [textChange('ssh keys', was, is)];
    case 'initscript':
      return [textChange('the start script', was, is)];
    case 'leases':
      return [listChange('leases', was, is)];
    case 'delegations':
      return [listChange('delegations', was, is)];
    case 'exempt_ips':
      return [listChange('exempt networks', was, is)];
    case 'cap':
      return [`${changed('cap', was, is)} bits/s`];
    case 'expiry':
      return [changed(field, expiryText(was), expiryText(is))];
    default:
      return [changed(field, was ?? 'none', is ?? 'none')];
  }
}

const expiryText = (expiry: unknown): string =>
  typeof expiry === 'number' ? isoTime(expiry) : 'never';

/** recordChanges returns field by field what differs: 'nm_cpu_share 32 → 64, ssh keys replaced'. */
export function recordChanges(was: HeldRecord, is: HeldRecord): string {
  const before = new Map<string, unknown>(Object.entries(was.record));
  const after = new Map<string, unknown>(Object.entries(is.record));
  const changes = [...new Set([...before.keys(), ...after.keys()])].flatMap((field) =>
    fieldChange(field, before.get(field), after.get(field)),
  );
  const source = was.source === is.source ? [] : [changed('source', was.source, is.source)];
  return [...source, ...changes].join(', ');
}

/** The parts that the pages of slivers, of delegates and of tickets share. Pure. */
import type { AccountItem, ObservedAccountView } from '@nodemgr/contracts';
import type { Delegation } from '@nodemgr/records';
import { countText } from './render-count.ts';
import { renderEntry } from './render-entry.ts';
import { type Line, line, type Page, span } from './render-line.ts';
import { momentText } from './render-time.ts';

/** The account as account-supervisor observes it; 'unknown': account-supervisor is away. */
export type Observed = ObservedAccountView | 'absent' | 'unknown';

/** entriesOn returns what makes labelled facts for one page. */
export function entriesOn(page: Page): (label: string, text: string) => readonly Line[] {
  return (label, text) => renderEntry(label, [line(text)], page);
}

/** section returns lines under a title, or nothing when there are none. */
export function section(title: string, lines: readonly Line[]): readonly Line[] {
  return lines.length === 0 ? [] : [line(''), line(span(title, 'strong')), ...lines];
}

/** keysOf returns the public keys of a record, one a line there. */
export function keysOf(text: string): readonly string[] {
  return text.split('\n').filter((key) => key.trim() !== '');
}

/** recordText names the record, its source, and when the source last vouched for it. */
export function recordText({ record, source }: AccountItem, page: Page): string {
  const vouched = momentText(record.timestamp * 1000, page);
  return `${record.record_key} from ${source}, vouched for ${vouched}`;
}

/** observedText returns the account's state on the machine, with its details. */
export function observedText(observed: Observed): string {
  if (typeof observed === 'string') return observed;
  const detail = Object.entries(observed.detail).map(([name, value]) => `${name} ${value}`);
  return [observed.state, ...detail].join(', ');
}

/** scriptText returns the length of a start script in lines. */
export function scriptText(script: string): string {
  return script === '' ? 'none' : countText(script.trimEnd().split('\n').length, 'line');
}

/** delegationsText returns, for each other caller, the methods that it may call. */
export function delegationsText(delegations: readonly Delegation[]): string {
  const byCaller = new Map<string, string[]>();
  for (const [caller, method] of delegations) {
    byCaller.set(caller, [...(byCaller.get(caller) ?? []), method]);
  }
  const each = [...byCaller].map(([caller, methods]) => `${caller} may ${methods.join(', ')}`);
  return each.length === 0 ? 'none' : each.join('; ');
}

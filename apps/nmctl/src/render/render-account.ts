/** What the pages of slivers and of delegates tell alike. Pure. */
import type { AccountItem, ObservedAccountView } from '@nodemgr/contracts';
import { renderEntry } from './render-entry.ts';
import { type Line, line, type Page, span } from './render-line.ts';
import { momentText } from './render-time.ts';

/** What the supervisor has of an account; 'unknown': it is away. */
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

/** recordText tells which record it is, whose, and when that was vouched for. */
export function recordText({ record, source }: AccountItem, page: Page): string {
  const vouched = momentText(record.timestamp * 1000, page);
  return `${record.record_key} from ${source}, vouched for ${vouched}`;
}

/** observedText tells what the machine has of an account. */
export function observedText(observed: Observed): string {
  if (typeof observed === 'string') return observed;
  const detail = Object.entries(observed.detail).map(([name, value]) => `${name} ${value}`);
  return [observed.state, ...detail].join(', ');
}

/** An RSpec beside the effective one, resource by resource. Pure. */
import type { AccountItem } from '@nodemgr/contracts';
import { amountText, isSliver, resourceOf } from '@nodemgr/records';
import { orderedResources } from '../explain/explanation.ts';
import { type Line, type Page, span, type Tone } from '../render/render-line.ts';
import { type Cell, renderTable } from '../render/render-table.ts';

const COLUMNS = [
  { title: 'RESOURCE' },
  { title: 'RSPEC', align: 'right' },
  { title: 'EFFECTIVE', align: 'right' },
  { title: 'UNIT', spare: true },
  { title: 'READS AS' },
  { title: 'NOTE' },
] as const;

function noteOf(change: number, isDefault: boolean, known: boolean): string {
  const notes = [
    ...(isDefault ? ['default'] : []),
    ...(known ? [] : ['not ours, carried through']),
    ...(change > 0 ? [`+${change} by loans`] : []),
    ...(change < 0 ? [`${change} by loans`] : []),
  ];
  return notes.join(', ');
}

function rowOf(item: AccountItem, name: string): readonly Cell[] {
  const own = item.rspec[name] ?? 0;
  const effective = item.effective[name] ?? own;
  const isDefault = isSliver(item.record) && !Object.hasOwn(item.record.rspec, name);
  const unit = resourceOf(name)?.unit ?? '';
  const text = amountText(name, effective);
  const tone: Tone = isDefault ? 'dim' : 'plain';
  return [
    span(name, tone),
    span(String(own), tone),
    span(String(effective), effective === own ? tone : 'strong'),
    unit,
    text === String(effective) ? '' : text,
    span(noteOf(effective - own, isDefault, unit !== ''), 'dim'),
  ];
}

/** renderRspec returns one row for each resource that the sliver has, defaults included. */
export function renderRspec(item: AccountItem, page: Page, indent = ''): readonly Line[] {
  const rows = orderedResources(item).map((name) => rowOf(item, name));
  return renderTable(COLUMNS, rows, page, indent);
}

/** Everything that a ticket says, and whether anybody vouches for it. Pure. */
import { amountText, type Rspec, resourceOf } from '@nodemgr/records';
import { nameKey } from '@nodemgr/slices-xml';
import type { TicketNode, UnverifiedTicket } from '@nodemgr/tickets';

import {
  delegationsText,
  entriesOn,
  keysOf,
  scriptText,
  section,
} from '../render/render-account.ts';
import { renderEntry } from '../render/render-entry.ts';
import { type Line, line, type Page, span } from '../render/render-line.ts';
import { renderTable } from '../render/render-table.ts';
import { momentText } from '../render/render-time.ts';

/** Whether a key that is trusted here signed it. */
export type Vouched =
  | { readonly by: string; readonly origin: string }
  | { readonly by: undefined; readonly why: string };

export interface TicketPage extends UnverifiedTicket {
  readonly vouched: Vouched;
}

const RESOURCE_COLUMNS = [
  { title: 'RESOURCE' },
  { title: 'AMOUNT', align: 'right' },
  { title: 'UNIT', spare: true },
  { title: 'READS AS' },
] as const;

function nodeText({ id, hostname }: TicketNode): string {
  return hostname === undefined ? String(id) : `${id} (${hostname})`;
}

function signatureLine({ signed, vouched }: TicketPage): Line {
  if (signed === undefined) return line(span('none: nobody vouches for what follows', 'bad'));
  if (vouched.by === undefined) return line(span('not verified', 'warn'), `: ${vouched.why}`);
  return line(span('verified', 'good'), `: by the key ${vouched.by} of ${vouched.origin}`);
}

function keyLines(ssh_keys: string, page: Page): readonly Line[] {
  const rows = keysOf(ssh_keys)
    .map(nameKey)
    .map(({ type, fingerprint, comment }) => [type, fingerprint, comment]);
  return renderTable([{ title: '' }, { title: '' }, { title: '' }], rows, page, '  ');
}

function resourceLines(rspec: Rspec, page: Page): readonly Line[] {
  const rows = Object.entries(rspec).map(([name, amount]) => {
    const text = amountText(name, amount);
    const readsAs = text === String(amount) ? '' : text;
    return [name, String(amount), resourceOf(name)?.unit ?? '', readsAs];
  });
  return renderTable(RESOURCE_COLUMNS, rows, page, '  ');
}

/** renderTicket returns the page of one ticket. */
export function renderTicket(ticket: TicketPage, page: Page): readonly Line[] {
  const { content } = ticket;
  const entry = entriesOn(page);
  const keys = keyLines(content.ssh_keys, page);
  const resources = resourceLines(content.rspec, page);
  return [
    line(span(content.name, 'strong'), `, a ticket for slice ${content.id}`),
    line(''),
    ...renderEntry('signature', [signatureLine(ticket)], page),
    ...entry('issued', momentText(content.issued * 1000, page)),
    ...entry('expires', momentText(content.expiry * 1000, page)),
    ...entry('nodes', content.nodes.map(nodeText).join(', ')),
    ...entry('image', content.image),
    ...entry('start script', scriptText(content.initscript)),
    ...entry('delegations', delegationsText(content.delegations)),
    ...(keys.length === 0 ? entry('ssh keys', 'none') : []),
    ...(resources.length === 0 ? entry('resources', 'the defaults of the node') : []),
    ...section('ssh keys', keys),
    ...section('resources', resources),
  ];
}

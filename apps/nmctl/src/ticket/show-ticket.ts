/** `nmctl ticket show`: the contents of a ticket, signed or not, and whether anybody vouches for them. No daemon. */

import { amountText, type Rspec, resourceOf } from '@nodemgr/records';
import { nameKey } from '@nodemgr/slices-xml';
import {
  MAX_TICKET_BYTES,
  readTicket,
  type TicketNode,
  type UnverifiedTicket,
} from '@nodemgr/tickets';
import { EXIT, type ExitCode } from '../exit-codes.ts';
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
import type { Session } from '../session.ts';
import { attemptTicket, isExpected, nowOf } from './attempt-ticket.ts';
import { findTrust, type TrustOptions } from './find-trust.ts';
import { judgeSignature } from './judge-by-trust.ts';
import { readInput } from './read-input.ts';

/** The key that is trusted here and signed it, or the reason why there is none. */
type Vouched =
  | { readonly by: string; readonly origin: string }
  | { readonly by: undefined; readonly why: string };

interface TicketPage extends UnverifiedTicket {
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

/** Returns the page of one ticket. */
function renderTicket(ticket: TicketPage, page: Page): readonly Line[] {
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

/** Without keys to go by a ticket can be shown all the same. Keys that were named have to be there. */
async function vouchedFor(
  bytes: Uint8Array,
  session: Session,
  options: TrustOptions,
): Promise<Vouched> {
  try {
    const trust = await findTrust(session, options);
    const verdict = judgeSignature(bytes, trust, nowOf(session));
    if (!verdict.counts) return { by: undefined, why: verdict.why };
    return { by: verdict.signer, origin: trust.origin };
  } catch (error) {
    if (options.keys !== undefined || !isExpected(error)) throw error;
    return { by: undefined, why: error.message };
  }
}

function toJson({ content, signed }: UnverifiedTicket, vouched: Vouched) {
  const { ssh_keys, name, ...rest } = content;
  return {
    slice: name,
    ...rest,
    ssh_keys: keysOf(ssh_keys).map(nameKey),
    signature: signed ?? null,
    verified: vouched.by !== undefined,
    ...(vouched.by === undefined ? { why_not: vouched.why } : { signer: vouched.by }),
  };
}

/** Prints a ticket; a ticket that nobody vouches for is shown like any other, and said to be that. */
export function showTicket(
  session: Session,
  file: string,
  options: TrustOptions,
): Promise<ExitCode> {
  const { terminal, json } = session;
  return attemptTicket(session, async () => {
    const bytes = await readInput(file, MAX_TICKET_BYTES);
    const ticket = readTicket(bytes);
    const vouched = await vouchedFor(bytes, session, options);
    if (json) terminal.printJson(toJson(ticket, vouched));
    else terminal.print(renderTicket({ ...ticket, vouched }, terminal.page));
    return EXIT.ok;
  });
}

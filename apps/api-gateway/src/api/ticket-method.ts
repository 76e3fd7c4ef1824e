/** Ticket: hands in what an authority has signed. Whether it counts is db-service's to say, and nobody's here. */
import { Buffer, isUtf8 } from 'node:buffer';
import { MAX_TICKET_SIZE } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import type { XmlRpcValue } from '@nodemgr/xml-rpc';
import type { NodeMethod } from './api-method.ts';

function refuse(why: string): never {
  throw new Fault('bad-argument', `the ticket is refused: ${why}`);
}

function bytesOf(value: XmlRpcValue | undefined): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  return value instanceof Uint8Array ? value : refuse('it is neither string nor base64');
}

/** ticketText returns a ticket, given as text or as the bytes of a file; throws Fault `bad-argument`. */
export function ticketText(value: XmlRpcValue | undefined): string {
  const bytes = bytesOf(value);
  if (bytes.length === 0) refuse('it is empty');
  if (bytes.length > MAX_TICKET_SIZE) {
    refuse(`it has ${bytes.length} bytes; at most ${MAX_TICKET_SIZE} are read`);
  }
  if (!isUtf8(bytes)) refuse('it is not UTF-8');
  return Buffer.from(bytes).toString('utf8');
}

export const ticketMethod: NodeMethod = {
  name: 'Ticket',
  who: 'all',
  parameters: [
    {
      name: 'ticket',
      type: 'string',
      orType: 'base64',
      meaning: 'what the authority has signed, unchanged',
    },
  ],
  result: { type: 'string', meaning: "the sliver's name" },
  meaning:
    'Delivers a ticket. Anyone may: its signature decides. The sliver that it names may then be set ' +
    'up with CreateSliver, by its users, by root, and by those that the ticket names as delegates. A ' +
    'renewed one extends the time. For a slice that PLC names itself, nothing happens.',
  faults: ['permission-denied', 'unavailable'],
  async run({ writes, caller, note }, [given]) {
    const { sliver, outcome } = await writes.deliver(ticketText(given), caller);
    note({ target: sliver, outcome });
    return sliver;
  },
};

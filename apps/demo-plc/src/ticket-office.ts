/**
 * Issues tickets for the slices of the served document. It asks nobody who he is: a real PLC gives a
 * slice's ticket to the slice's users, this one to whoever reaches it on this machine.
 */
import { Fault } from '@nodemgr/faults';
import { signTicket } from '@nodemgr/tickets';
import type { TicketAnswer } from './plan-answer.ts';
import type { ServedDocument } from './served-document.ts';
import { readDrafts, type TicketDraft } from './ticket-drafts.ts';

/** More names help nobody. */
const MAX_NAMES = 20;

function listed(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return 'no slice of the document has <ticket_nodes>';
  const more = all.length > MAX_NAMES ? `, and ${all.length - MAX_NAMES} more` : '';
  return `there are tickets for ${all.slice(0, MAX_NAMES).join(', ')}${more}`;
}

export class TicketOffice {
  /** Of the document last asked for: reading it again for each ticket would take seconds for a large one. */
  #drafts: { readonly hash: string; readonly of: ReadonlyMap<string, TicketDraft> } | undefined;

  /** `privateKey` is PEM; what it may be is for libs/tickets to say. */
  constructor(private readonly privateKey: string) {}

  /**
   * issue signs a ticket for the slice `name`, issued now (seconds since 1970). Rejects when the document
   * is not well-formed.
   */
  async issue(document: ServedDocument, name: string, now: number): Promise<TicketAnswer> {
    const drafts = await this.#draftsOf(document);
    const draft = drafts.get(name);
    if (draft === undefined) {
      return {
        issued: false,
        because: 'none',
        why: `no ticket for ${name}: ${listed(drafts.keys())}`,
      };
    }
    try {
      const text = `<ticket issued="${now}">${draft.elements}</ticket>`;
      return { issued: true, ticket: signTicket(text, this.privateKey) };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return { issued: false, because: 'unusable', why: `no ticket for ${name}: ${error.message}` };
    }
  }

  async #draftsOf(document: ServedDocument): Promise<ReadonlyMap<string, TicketDraft>> {
    const { hash } = document;
    if (this.#drafts?.hash !== hash) {
      const text = (await document.body('identity')).toString('utf8');
      this.#drafts = { hash, of: readDrafts(text) };
    }
    return this.#drafts.of;
  }
}

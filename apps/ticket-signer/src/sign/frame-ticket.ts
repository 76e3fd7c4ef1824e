/**
 * Makes a whole ticket of what a caller sent, with `issued` as the server's clock has it. It need not
 * understand the text: whatever comes of it is read by the rules of tickets, and only what was read
 * then is judged and signed. Pure.
 */
import type { EpochSeconds } from '@nodemgr/records';

const START = String.raw`^(\uFEFF?\s*(?:<\?xml[^<>]*\?>\s*)?)`;
const ATTRIBUTE = String.raw`\s+[\w.:-]+\s*=\s*(?:"[^"]*"|'[^']*')`;
const TICKET = new RegExp(`${START}<ticket((?:${ATTRIBUTE})*)(?=\\s*/?>)`);
const SLICE = new RegExp(`${START}(?=<slice[\\s/>])`);
const ISSUED = /\s+issued\s*=\s*(?:"[^"]*"|'[^']*')/;

/**
 * frameTicket returns `text`, a `<ticket>` or what stands in one (a `<slice>` and its `<key>`s), as a
 * ticket that was issued at `issued`. Text that is neither comes back as it is, to be refused.
 */
export function frameTicket(text: string, issued: EpochSeconds): string {
  const open = `<ticket issued="${issued}"`;
  const [whole, before = '', attributes = ''] = TICKET.exec(text) ?? [];
  if (whole !== undefined) {
    return `${before}${open}${attributes.replace(ISSUED, '')}${text.slice(whole.length)}`;
  }
  const [start] = SLICE.exec(text) ?? [];
  return start === undefined ? text : `${start}${open}>${text.slice(start.length)}</ticket>`;
}

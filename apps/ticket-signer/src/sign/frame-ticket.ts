/**
 * Makes a whole ticket of what a caller sent, with `issued` as the server's clock has it. It need not
 * understand the text: whatever comes of it is read by the rules of tickets, and only what was read
 * then is judged and signed. Its time grows with the length of the text, whatever the text is: each
 * pattern is tried at one place only, and what follows a repetition in it never matches the repeated. Pure.
 */
import type { EpochSeconds } from '@nodemgr/records';

const START = /^\uFEFF?\s*(?:<\?xml[^<>]*\?>\s*)?/;
const ATTRIBUTE = /\s+([\w.:-]+)\s*=\s*(?:"[^"]*"|'[^']*')/gy;
const END = /^\s*\/?>/;
const TICKET = '<ticket';
const SLICE = /^<slice[\s/>]/;

/** Divides what follows `<ticket` into its attributes, without the first `issued`, and the rest. */
function readAttributes(text: string): { readonly kept: string; readonly rest: string } {
  const attributes = [...text.matchAll(ATTRIBUTE)];
  const length = attributes.reduce((sum, [whole]) => sum + whole.length, 0);
  const issued = attributes.findIndex(([, name]) => name === 'issued');
  // A second one is the reader's to refuse.
  const kept = attributes.flatMap(([whole], at) => (at === issued ? [] : [whole]));
  return { kept: kept.join(''), rest: text.slice(length) };
}

/**
 * frameTicket returns `text`, a `<ticket>` or what stands in one (a `<slice>` and its `<key>`s), as a
 * ticket that was issued at `issued`. Text that is neither comes back as it is, to be refused.
 */
export function frameTicket(text: string, issued: EpochSeconds): string {
  const [start = ''] = START.exec(text) ?? [];
  const inside = text.slice(start.length);
  const open = `${start}${TICKET} issued="${issued}"`;
  if (SLICE.test(inside)) return `${open}>${inside}</ticket>`;
  if (!inside.startsWith(TICKET)) return text;
  const { kept, rest } = readAttributes(inside.slice(TICKET.length));
  return END.test(rest) ? `${open}${kept}${rest}` : text;
}

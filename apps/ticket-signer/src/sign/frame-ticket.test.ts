import { Buffer } from 'node:buffer';
import { epochSeconds } from '@nodemgr/records';
import { MAX_TICKET_BYTES, readTicket } from '@nodemgr/tickets';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aSlice, aTicket } from '../test-kit/ticket-texts.ts';
import { frameTicket } from './frame-ticket.ts';

const NOW = epochSeconds(1_800_000_000);
const issuedIn = (text: string) => readTicket(Buffer.from(frameTicket(text, NOW))).content.issued;

describe('what a caller sends is a ticket of now', () => {
  test.each([
    ['a ticket that says when it was issued', aTicket()],
    ['with other quotes and in another place', aTicket({}, " a='>' issued = '9999999999' b=\"x\"")],
    ['a ticket that does not say', aTicket({}, '')],
    ['a ticket with a declaration', `<?xml version="1.0" encoding="UTF-8"?>\n${aTicket()}`],
    ['a slice alone', aSlice()],
    ['a slice with a declaration', `<?xml version="1.0"?>\n${aSlice()}\n`],
    ['a slice and what follows it in a ticket', `${aSlice()}<note/>`],
  ])('%s', (_what, text) => {
    expect(issuedIn(text)).toBe(NOW);
  });
});

test.each([
  ['another root', '<planetlab_slices><slice/></planetlab_slices>'],
  ['a root that only begins alike', '<tickets/>'],
  ['two attributes of that name', aTicket({}, ' issued="1" issued="2"')],
  ['a ticket that is ended early', `${aSlice()}</ticket><ticket issued="7">${aSlice()}`],
  ['two slices', aSlice() + aSlice({ name: 'mit_dht' })],
  ['a declaration of entities', `<!DOCTYPE ticket [<!ENTITY a "b">]>${aTicket()}`],
])('%s is not made a ticket of', (_what, text) => {
  expect(() => issuedIn(text)).toThrow(/the ticket is refused/);
});

test('whatever is sent, a ticket is never of another time', () => {
  const piece = fc.constantFrom(
    '<ticket',
    ' issued="7"',
    ' issued',
    '="8"',
    '>',
    '</ticket>',
    aSlice(),
    '<slice',
    ' ',
    "'",
    '"',
    '/>',
  );
  void fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      let issued: number = NOW;
      try {
        issued = issuedIn(pieces.join(''));
      } catch {
        // No ticket: then there is none of another time either.
      }
      expect(issued).toBe(NOW);
    }),
    { numRuns: 2000 },
  );
});

/** cpuSeconds returns the least processor time, of several tries, that framing `text` takes. */
function cpuSeconds(text: string): number {
  const tries = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    for (let turn = 0; turn < 8; turn += 1) frameTicket(text, NOW);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...tries) / 1e6;
}

test.each([
  ['in the value of an attribute', (blanks: string) => `<ticket a="${blanks}">`],
  ['before a tag that does not end', (blanks: string) => `<ticket a="b"${blanks}`],
  ['before an attribute without a value', (blanks: string) => `<ticket${blanks}issued${blanks}>`],
  ['before anything', (blanks: string) => blanks],
  ['in a declaration', (blanks: string) => `<?xml${blanks}`],
])('eight times the blanks %s cost about eight times as much', (_where, textOf) => {
  const short = cpuSeconds(textOf(' '.repeat(MAX_TICKET_BYTES / 8)));
  const long = cpuSeconds(textOf(' '.repeat(MAX_TICKET_BYTES)));
  // The square would be 64 times; what is too short to be measured is no matter.
  expect(long).toBeLessThan(24 * Math.max(short, 0.001));
});

test('a value that looks like the attribute stays a value', () => {
  const framed = frameTicket(`<ticket a=" issued='7'"/>`, NOW);
  expect(framed).toBe(`<ticket issued="${NOW}" a=" issued='7'"/>`);
});

test('a long text that is nearly a ticket costs no more than its length', () => {
  const long = `<ticket${' a="b"'.repeat(40_000)}${' '.repeat(10_000)}!`;
  expect(frameTicket(long, NOW)).toBe(long);
});

/** Whatever a draft says in whatever spelling of XML, the ticket says the same. */
import { Buffer } from 'node:buffer';
import { epochSeconds } from '@nodemgr/records';
import { readTicket } from '@nodemgr/tickets';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { completeDraft } from './complete-draft.ts';

const ISSUED = epochSeconds(1_800_000_000);
const EXPIRY = epochSeconds(1_900_000_000);

/** A script of characters that XML can carry at all (XML 1.0, section 2.2). */
const text = fc
  .string({ unit: 'binary' })
  .map((any) => any.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ''))
  .map((lines) => `#!/bin/sh\n${lines}`);

/** CDATA cannot carry its own end, nor a carriage return, which XML reads as a line end. */
const inCdata = (value: string): string => `<![CDATA[${value}]]>`;
const escaped = (value: string): string =>
  value.replace(/[&<>\r]/g, (character) => `&#${character.charCodeAt(0)};`);

const scriptOf = (xml: string): string => {
  const draft = `<slice name="a_b" id="1"><!-- - --><rspec><resource name="initscript">
    <value type="string">${xml}</value></resource></rspec><nodes><node id="3"/></nodes></slice>`;
  const changes = { issued: ISSUED, nodes: [17], expiry: EXPIRY };
  const { content } = readTicket(Buffer.from(completeDraft(Buffer.from(draft), changes)));
  expect(content).toMatchObject({
    name: 'a_b',
    issued: ISSUED,
    expiry: EXPIRY,
    nodes: [{ id: 17 }],
  });
  return content.initscript;
};

test('a start script is kept to the letter, escaped or in CDATA', () => {
  fc.assert(
    fc.property(text, (script) => {
      expect(scriptOf(escaped(script))).toBe(script);
      const plain = script.replaceAll('\r', '').replaceAll(']]>', '');
      expect(scriptOf(inCdata(plain))).toBe(plain);
    }),
  );
});

test('a draft that is not UTF-8 is refused, not mended', () => {
  const changes = { issued: ISSUED, nodes: [17], expiry: EXPIRY };
  expect(() => completeDraft(Buffer.from('<slice name="\xe9"/>', 'latin1'), changes)).toThrow(
    'it is not UTF-8',
  );
});

test('hostile drafts are refused or completed, never more than that', () => {
  const piece = fc.constantFrom(
    '<slice>',
    '</slice>',
    '<ticket>',
    '</ticket>',
    '<nodes>',
    '</nodes>',
    '<a b="&#60;">',
    '</a>',
    '&lt;',
    ']]>',
    'x',
    '<![CDATA[',
    '<?p?>',
    '<!--',
    '-->',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const changes = { issued: ISSUED, nodes: [17], expiry: undefined };
      try {
        expect(completeDraft(Buffer.from(pieces.join('')), changes)).toMatch(
          /^<ticket.*<\/ticket>$/s,
        );
      } catch (error) {
        expect(error).toMatchObject({ kind: 'bad-argument' });
      }
    }),
  );
});

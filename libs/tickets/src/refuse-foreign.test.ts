import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { epochSeconds } from '@nodemgr/records';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTicket } from './read-ticket.ts';
import { refuseForeign } from './refuse-foreign.ts';
import { verifyTicket } from './verify-ticket.ts';

/** Made by PLC 3's own code, with invented data. */
const PLC3 = readFileSync(join(import.meta.dirname, 'foreign/plc3-ticket.xml'), 'utf8');
const PGP = `-----BEGIN PGP MESSAGE-----
Version: GnuPG v1.4.9 (GNU/Linux)

owNCWmg5MUFZJlNZ
=abcd
-----END PGP MESSAGE-----
`;
const SIGNED_PGP = '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n<methodResponse/>\n';
const ANSWER = `<?xml version='1.0'?>
<methodResponse><params><param><value><struct></struct></value></param></params></methodResponse>
`;
const CREDENTIAL = `<?xml version="1.0"?>
<signed-credential xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><credential xml:id="ref0">
<type>privilege</type></credential><signatures/></signed-credential>
`;
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

const SAMPLES: readonly (readonly [what: string, text: string, told: string])[] = [
  ['a ticket of PLC 3', PLC3, 'a ticket of PLC 3: it is signed with SHA-1'],
  ['the PGP message that PLC 4 calls a ticket', PGP, 'a PGP ticket of PLC 4 or later;'],
  ['a PGP message that is signed and not packed', SIGNED_PGP, 'a PGP ticket of PLC 4 or later;'],
  [
    'what is inside of one',
    ANSWER,
    'an XML-RPC answer, as a PGP ticket of PLC 4 or later holds it',
  ],
  ['an SFA credential', CREDENTIAL, 'an SFA credential;'],
  ['a certificate, as SFA uses it', CERTIFICATE, 'a certificate, such as SFA makes'],
];

describe.each(SAMPLES)('%s', (_what, text, told) => {
  const refusal = { kind: 'bad-argument', message: expect.stringContaining(`this is ${told}`) };

  test('is refused with what it is when it is read and when it is verified', () => {
    const bytes = Buffer.from(text);
    const options = { trusted: [], nodeId: 17, now: epochSeconds(1), clockTrusted: true };
    expect(() => readTicket(bytes)).toThrow(expect.objectContaining(refusal));
    // Also where SHA-1 is allowed: it lacks more than that.
    expect(() => verifyTicket(bytes, { ...options, allowRsaSha1: true })).toThrow(
      expect.objectContaining(refusal),
    );
  });

  test('is known by its beginning, whatever white space, comments and declarations stand before it', () => {
    const before = text.startsWith('<') ? '\ufeff \n<!-- a > b --> <?p ?>' : '\r\n\t';
    const inside = text.replace(/^<\?xml[^>]*>\s*/, '');
    expect(() => refuseForeign(Buffer.from(before + inside))).toThrow(told);
  });
});

test.each([
  ['a ticket of ours', '<ticket issued="1"><slice/></ticket>'],
  [
    'a ticket of ours with SHA-1',
    '<ticket issued="1">http://www.w3.org/2000/09/xmldsig#rsa-sha1</ticket>',
  ],
  ['a draft without `issued`', '<ticket><slice/></ticket>'],
  ['a word of SFA inside of a ticket', '<ticket><signed-credential/></ticket>'],
  ['a key', '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n'],
  ['nothing', ''],
])('%s is left to those who read tickets', (_what, text) => {
  expect(() => refuseForeign(Buffer.from(text))).not.toThrow();
});

test('whatever a text is made of, it is refused with what it is, or left to others', () => {
  const piece = fc.constantFrom(
    '<!--',
    '-->',
    '<?',
    '?>',
    '<ticket',
    '>',
    ' ',
    '-----BEGIN ',
    'PGP ',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 600 }), (pieces) => {
      try {
        refuseForeign(Buffer.from(pieces.join('')));
      } catch (error) {
        expect(error).toMatchObject({ kind: 'bad-argument' });
      }
    }),
  );
});

/**
 * Says what somebody has handed in for a ticket that no reader of tickets here can read: another
 * generation's ticket, SFA's credential. Goes by how it begins, before anything parses it. Pure.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { refuseTicket } from './refuse-ticket.ts';

/** Bytes. Further in no document says what it is. */
const START = 4096;
const SHA1 = 'http://www.w3.org/2000/09/xmldsig#rsa-sha1';
const WANTED = 'this node takes a <ticket> with an enveloped XML-DSig signature';

/** By the label of its first PEM (or PGP) block. */
const BLOCKS: readonly (readonly [RegExp, string])[] = [
  [/^PGP /, 'a PGP ticket of PLC 4 or later'],
  [
    /^(?:TRUSTED |X509 )?CERTIFICATE$/,
    'a certificate, such as SFA makes its tickets and its names of',
  ],
];

/** By the name of its root. */
const ROOTS: ReadonlyMap<string, string> = new Map([
  ['signed-credential', 'an SFA credential'],
  ['methodResponse', 'an XML-RPC answer, as a PGP ticket of PLC 4 or later holds it'],
]);

/** Returns what follows white space, declarations, instructions and comments. */
function withoutProlog(text: string): string {
  let rest = text.trimStart();
  for (;;) {
    const end = rest.startsWith('<?') ? '?>' : rest.startsWith('<!--') ? '-->' : undefined;
    if (end === undefined) return rest;
    const at = rest.indexOf(end);
    if (at === -1) return '';
    rest = rest.slice(at + end.length).trimStart();
  }
}

/** A packet's first byte has its highest bit set (RFC 9580, section 4.2); UTF-8 begins with one only for other than ASCII. */
function isPgpPacket(bytes: Buffer): boolean {
  const [first = 0] = bytes;
  // UTF-16 begins with one of the two highest, and no packet does (section 5: tags for private use).
  return first >= 0x80 && first < 0xfe && !isUtf8(bytes);
}

function foreignKind(start: string, holds: (text: string) => boolean): string | undefined {
  if (start.startsWith('{')) return 'JSON, as SFA wraps a credential in it';
  const label = /^-----BEGIN ([A-Z0-9 ]{1,64})-----/.exec(start)?.[1];
  if (label !== undefined) return BLOCKS.find(([pattern]) => pattern.test(label))?.[1];
  const [, root = '', attributes = ''] = /^<([\w.:-]{1,64})([^<>]*)>/.exec(start) ?? [];
  const ofPlc3 = root === 'ticket' && !/\sissued\s*=/.test(attributes) && holds(SHA1);
  if (!ofPlc3) return ROOTS.get(root);
  return 'a ticket of PLC 3: it is signed with SHA-1, and says neither when it was issued nor with which keys';
}

/** refuseForeign throws the Fault `bad-argument` for what is known to be something else than a ticket of ours. */
export function refuseForeign(bytes: Uint8Array): void {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = withoutProlog(whole.subarray(0, START).toString('utf8'));
  const kind = isPgpPacket(whole)
    ? 'a PGP message in its binary form, as PLC 4 or later signs its tickets'
    : foreignKind(start, (text) => whole.includes(text));
  if (kind !== undefined) refuseTicket(`this is ${kind}; ${WANTED}`);
}

/** Properties: whatever becomes of the bytes of a ticket, it says what was signed or nothing. */
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { signTicket } from './index.ts';
import { recordFromTicket } from './judge-ticket.ts';
import {
  anSshKey,
  aTicket,
  NODE_ID,
  outcomeOf,
  p256Keys,
  rsaKeys,
  trusting,
} from './ticket-builder.test-support.ts';

const keys = rsaKeys();
const options = trusting([keys, p256Keys(), rsaKeys()], { allowRsaSha1: true });
const content = aTicket();
const signed = Buffer.from(signTicket(content, keys.privatePem));
const granted = recordFromTicket(content);

/** Accepts a refusal, or exactly the record that was signed. */
function expectSameOrRefused(ticket: Uint8Array): void {
  const outcome = outcomeOf(ticket, options);
  if (typeof outcome !== 'string') expect(outcome).toEqual(granted);
}

const place = fc.nat(signed.length);
const bytesEdit = fc.record({
  at: place,
  removed: fc.oneof(fc.constant(0), fc.constant(1), fc.nat(200)),
  added: fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.string({ maxLength: 8, unit: 'grapheme' }).map((text) => Buffer.from(text)),
  ),
});

const spliced = (bytes: Buffer, at: number, removed: number, added: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);

test('any change of the bytes of a signed ticket is refused, or gives exactly the same record', () => {
  fc.assert(
    fc.property(fc.array(bytesEdit, { minLength: 1, maxLength: 3 }), (edits) => {
      const changed = edits.reduce<Buffer>(
        (bytes, { at, removed, added }) => spliced(bytes, at, removed, added),
        signed,
      );
      expectSameOrRefused(changed);
    }),
    { numRuns: 1500 },
  );
});

/** The ticket as tags and the texts between them: edits that keep it nearly well-formed. */
const tokens = signed
  .toString()
  .split(/(<[^>]*>)/)
  .filter((token) => token !== '');
const SNIPPETS = [
  '<!---->',
  '<!--x-->',
  '<?x?>',
  '<![CDATA[]]>',
  '<![CDATA[x]]>',
  '&#13;',
  '\r',
  '\u0085',
  '\u2028',
  '&amp;',
  '<slice>',
  '</slice>',
  '<slice name="evil_slice" id="1" expiry="1900000000"/>',
  '<x/>',
  '<key/>',
  ' ',
  '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>',
  '<KeyInfo/>',
  '<SignedInfo/>',
  '<Object/>',
  '<Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>',
  `<node id="${NODE_ID}"/>`,
  '<ticket>',
  '</ticket>',
  '<!DOCTYPE ticket>',
];
const ATTRIBUTES = [
  ' xmlns=""',
  ' xmlns="http://www.planet-lab.org/xml"',
  ' xml:lang="en"',
  ' Id="a"',
  ' name="a_b"',
];
const index = fc.nat(tokens.length - 1);
type Edit = (tokens: readonly string[]) => string[];
const tokenEdit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(index, fc.constantFrom(...SNIPPETS)).map(
    ([at, snippet]) =>
      (list: readonly string[]) =>
        list.toSpliced(at, 0, snippet),
  ),
  fc.tuple(index, fc.nat(12)).map(
    ([at, count]) =>
      (list: readonly string[]) =>
        list.toSpliced(at, count),
  ),
  fc.tuple(index, fc.nat(60), index).map(
    ([at, count, to]) =>
      (list: readonly string[]) =>
        list.toSpliced(to, 0, ...list.slice(at, at + count)),
  ),
  fc.tuple(index, fc.nat(60), index).map(
    ([at, count, to]) =>
      (list: readonly string[]) =>
        list.toSpliced(at, count).toSpliced(to, 0, ...list.slice(at, at + count)),
  ),
  fc.tuple(index, fc.constantFrom(...ATTRIBUTES)).map(
    ([at, attribute]) =>
      (list: readonly string[]) =>
        list.with(
          Math.min(at, list.length - 1),
          (list[at] ?? '').replace(/^<[A-Za-z]+/, `$&${attribute}`),
        ),
  ),
);

test('elements moved, repeated, taken out or put in are refused, or give exactly the same record', () => {
  fc.assert(
    fc.property(fc.array(tokenEdit, { minLength: 1, maxLength: 3 }), (edits) => {
      const changed = edits.reduce<readonly string[]>(
        (list, edit) => (list.length > 0 ? edit(list) : list),
        tokens,
      );
      expectSameOrRefused(Buffer.from(changed.join('')));
    }),
    { numRuns: 1500 },
  );
});

const xmlText = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('\r', '\n', '\t', '<', '&', ']]>', '\u0085', '\u2028', '\ufeff'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
  })
  .filter((text) => !/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text));
const contents = fc.record({
  id: fc.nat(),
  initscript: fc.oneof(
    fc.constant(''),
    xmlText.map((text) => `#!/bin/sh\n${text}`),
  ),
  rspec: fc.dictionary(
    fc.constantFrom('nm_cpu_share', 'nm_net_share', 'a.b:c'),
    fc.nat(2 ** 53 - 1),
  ),
  ssh_keys: fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 5 }).map((seeds) =>
    seeds
      .map((seed) => anSshKey(seed, `größer ${seed} <&>"'`))
      .sort()
      .join('\n'),
  ),
  nodes: fc
    .array(fc.nat(1000), { maxLength: 5 })
    .map((ids) => [NODE_ID, ...ids].map((id) => ({ id }))),
});

test('whatever a ticket says when it is signed, it says to the node', () => {
  fc.assert(
    fc.property(contents, (special) => {
      const ticket = aTicket(special);
      expect(outcomeOf(signTicket(ticket, keys.privatePem), options)).toEqual(
        recordFromTicket(ticket),
      );
    }),
    { numRuns: 200 },
  );
});

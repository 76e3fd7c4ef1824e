/** What a signed ticket grants, and the bytes and times at which it grants nothing. */
import { Buffer } from 'node:buffer';
import { Fault } from '@nodemgr/faults';
import { epochSeconds } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { readTicket, signTicket, verifyTicket } from './index.ts';
import { MAX_DEPTH, MAX_ELEMENTS, MAX_TICKET_BYTES } from './read-plain-xml.ts';
import {
  aTicket,
  EXPIRY,
  ISSUED,
  NOW,
  outcomeOf,
  p256Keys,
  rsaKeys,
  trusting,
} from './ticket-builder.test-support.ts';

const keys = rsaKeys();
const signed = signTicket(aTicket(), keys.privatePem);
const options = trusting([keys]);

describe('what a ticket grants', () => {
  test('its record is that of a sliver which PLC has not instantiated, vouched for when it was issued', () => {
    const { issued, nodes: _, ...slice } = aTicket();
    expect(outcomeOf(signed, options)).toEqual({
      ...slice,
      record_key: 'sliver_princeton_sirius',
      account_type: 'sliver',
      plc_instantiated: false,
      timestamp: issued,
    });
  });

  test('the key that signed it is named by its fingerprint, wherever in the list it stands', () => {
    const list = trusting([rsaKeys(), p256Keys(), keys]);
    const { signer } = verifyTicket(Buffer.from(signed), list);
    expect(signer).toBe(list.trusted[2]?.fingerprint);
    expect(signer).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a ticket of an untrusted key is refused as a permission denied, any other as a bad argument', () => {
    const kindOf = (ticket: string, trusted = options) => {
      try {
        return verifyTicket(Buffer.from(ticket), trusted).record.name;
      } catch (error) {
        return error instanceof Fault ? error.kind : error;
      }
    };
    expect(kindOf(signed, trusting([rsaKeys()]))).toBe('permission-denied');
    expect(kindOf(signed, trusting([p256Keys()]))).toBe('permission-denied');
    expect(kindOf(signed, { ...options, trusted: [] })).toBe('permission-denied');
    expect(kindOf('<ticket/>')).toBe('bad-argument');
  });
});

describe('where and when a ticket counts', () => {
  test('only on a node that it names', () => {
    expect(outcomeOf(signed, { ...options, nodeId: 18 })).toHaveProperty('name');
    expect(outcomeOf(signed, { ...options, nodeId: 1 })).toMatch(/does not name this node \(1\)$/);
  });

  test.each([
    ['the second before its expiry', EXPIRY - 1, undefined],
    ['at its expiry', EXPIRY, /it expired at/],
    ['issued five minutes ahead of this clock', ISSUED - 300, undefined],
    ['issued further ahead', ISSUED - 301, /which is in the future/],
  ])('%s', (_when, now, why) => {
    const outcome = outcomeOf(signed, { ...options, now: epochSeconds(now) });
    if (why === undefined) expect(outcome).toHaveProperty('expiry', EXPIRY);
    else expect(outcome).toMatch(why);
  });

  test.each([0, EXPIRY + 1e6])(
    'a clock that is not trusted (%i) refuses none for its time',
    (now) => {
      const untrusted = { ...options, now: epochSeconds(now), clockTrusted: false };
      expect(outcomeOf(signed, untrusted)).toHaveProperty('name');
    },
  );
});

describe('bytes that are no ticket', () => {
  const changed = (from: string | RegExp, to: string) => signed.replace(from, to);

  test.each([
    ['nothing', '', /it is empty|not well-formed/],
    ['a ticket cut short', signed.slice(0, -20), /not well-formed/],
    ['a ticket twice', signed + signed, /not well-formed/],
    [
      'bytes that are not UTF-8',
      Buffer.from('<ticket>\xff</ticket>', 'latin1'),
      /it is not UTF-8$/,
    ],
    ['an overlong sequence', Buffer.from([0x3c, 0xc1, 0xa1]), /it is not UTF-8$/],
    ['UTF-16', Buffer.from(`\ufeff${signed}`, 'utf16le'), /it is not UTF-8|not well-formed/],
    ['a NUL', changed('\n', '\n\0'), /not well-formed/],
    ['half a surrogate pair', changed('\n<slice', '&#xD800;\n<slice'), /not well-formed/],
    [
      'more bytes than allowed',
      signed.padEnd(MAX_TICKET_BYTES + 1),
      /it has more than 262144 bytes$/,
    ],
    [
      'more elements than allowed',
      changed('<slice', `${'<a/>'.repeat(MAX_ELEMENTS)}<slice`),
      /it has more than 1200 elements$/,
    ],
    [
      'more attributes than allowed',
      changed(
        '<slice',
        `<note ${Array.from({ length: 33 }, (_, each) => `a${each}="" `).join('')}/><slice`,
      ),
      /more than 32 attributes$/,
    ],
    [
      'a padded signature',
      changed('<SignedInfo>', `<SignedInfo>${' '.repeat(16_384)}`),
      /its <Signature> has more than 16384 characters$/,
    ],
    ['deeper elements than allowed', '<a>'.repeat(MAX_DEPTH + 1), /it is nested deeper than 20$/],
    [
      'a name that is not ASCII',
      changed('<nodes>', '<nodes ä="1">'),
      /the name "ä" is not allowed/,
    ],
    [
      'a name of mathematical letters',
      changed('<nodes>', '<𝓃odes/><nodes>'),
      /the name "𝓃odes" is not allowed/,
    ],
  ])('%s', (_what, bytes, why) => {
    expect(outcomeOf(bytes, options)).toMatch(why);
  });

  test('every reason is one line', () => {
    const ticket = changed('<slice name="princeton_sirius"', '<slice name="a&#10;&#x2028;b"');
    expect(() => readTicket(Buffer.from(ticket))).toThrow(/^[^\n\u2028]*$/);
    expect(() => readTicket(Buffer.from('<ticket\n\n<'))).toThrow(/^[^\n\u2028]*$/);
  });
});

describe('a ticket that was changed after it was signed', () => {
  test.each([
    ['an attribute', 'id="12"', 'id="13"'],
    ['the text of a value', '>64<', '>65<'],
    ['white space between elements', '<slice', ' <slice'],
    ['white space behind the signature', '</ticket>', '\n</ticket>'],
    ['white space within a text', '>64<', '>64 <'],
    ['an attribute that means nothing', '<slice ', '<slice a="b" '],
    ['an element that means nothing', '<slice ', '<note/><slice '],
    ['the namespace', '<ticket ', '<ticket xmlns="http://www.planet-lab.org/xml" '],
    ['a carriage return in a text', '&#xD;', ''],
    ['a line end that Unicode adds', '&#x2028;', '\n'],
    ['a letter for the same letter, composed otherwise', '&#xF6;', 'o&#x308;'],
    ['a letter for one that looks the same', 'princeton', 'prіnceton'],
    ['letters for capital ones', 'del_snoop', 'DEL_SNOOP'],
    ['a number for the same number', 'id="12"', 'id="012"'],
    ['the order of two nodes', /(<node [^\n]*)\n(<node [^\n]*)/, '$2\n$1'],
    ['when it was issued', `issued="${ISSUED}"`, `issued="${ISSUED + 1}"`],
    ['how long it counts', `expiry="${EXPIRY}"`, `expiry="${EXPIRY + 1}"`],
  ])('%s', (_what, from, to) => {
    const ticket = signed.replace(from, to);
    expect(ticket).not.toBe(signed);
    expect(outcomeOf(ticket, options)).toMatch(/it was changed after it was signed$/);
  });

  test.each([
    ['the order of attributes', / id="12" expiry="(\d+)"/, ' expiry="$1" id="12"'],
    ['the quotes', 'id="12"', "id='12'"],
    ['spaces in a tag', '<slice ', '<slice\n\t '],
    ['the closing tag of an empty element', '<user person_id="1"></user>', '<user person_id="1"/>'],
    ['a character for its reference', '&#xF6;', 'ö'],
    ['a reference for its character', 'princeton', '&#112;rinceton'],
    ['the ends of all lines', /\n/g, '\r\n'],
    ['a byte order mark', '<?xml', '\ufeff<?xml'],
    ['the XML declaration', /<\?xml.*\?>/, ''],
    ['spaces in the value of the signature', '<SignatureValue>', '<SignatureValue>\n '],
    ['spaces at the end', /$/, '\n\n'],
    [
      'a key that is not looked at',
      '</Signature>',
      '<KeyInfo><KeyValue xmlns="urn:other"><slice/><SignedInfo/></KeyValue></KeyInfo></Signature>',
    ],
  ])('another way to write the same is no change: %s', (_what, from, to) => {
    const ticket = signed.replace(from, to);
    expect(ticket).not.toBe(signed);
    expect(outcomeOf(ticket, options)).toEqual(outcomeOf(signed, options));
  });

  test('the signature of one ticket counts for no other of the same key', () => {
    const other = signTicket(aTicket({ id: 13 }), keys.privatePem);
    const signature = /<Signature .*<\/Signature>/s;
    const [taken = ''] = signature.exec(other) ?? [];
    expect(outcomeOf(signed.replace(signature, taken), options)).toMatch(/it was changed/);
  });
});

test('a ticket for more than a thousand nodes is taken', () => {
  const nodes = Array.from({ length: 1100 }, (_each, id) => ({ id, hostname: `n${id}.example` }));
  const large = signTicket(aTicket({ nodes }), keys.privatePem);
  expect(outcomeOf(large, { ...options, now: NOW })).toHaveProperty('name');
});

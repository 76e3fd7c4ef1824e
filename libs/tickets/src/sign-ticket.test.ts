/** What can be signed, with which keys, and that what is signed reads as it was meant. */
import { Buffer } from 'node:buffer';
import { generateKeyPairSync } from 'node:crypto';
import { accountName, epochSeconds, imageName } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { readTicket, signTicket } from './index.ts';
import { recordFromTicket } from './judge-ticket.ts';
import {
  anSshKey,
  aTicket,
  EXPIRY,
  outcomeOf,
  p256Keys,
  pemOf,
  rsaKeys,
  trusting,
} from './ticket-builder.test-support.ts';
import { writeTicket } from './write-ticket.ts';

const keys = rsaKeys();
const sign = (special: Parameters<typeof aTicket>[0]) =>
  signTicket(aTicket(special), keys.privatePem);

describe('what is signed', () => {
  test('a ticket reads as the content that was given, before and after it is signed', () => {
    const content = aTicket({ image: imageName('debian-13'), delegations: [] });
    expect(readTicket(Buffer.from(writeTicket(content)))).toEqual({ content });
    const ticket = signTicket(content, keys.privatePem);
    expect(readTicket(Buffer.from(ticket))).toEqual({
      content,
      signed: { hash: 'sha256', key: 'rsa' },
    });
    expect(outcomeOf(ticket, trusting([keys]))).toEqual(recordFromTicket(content));
  });

  test('a signed ticket is ASCII, whatever it says', () => {
    expect(sign({})).toMatch(/^[\t\n\x20-\x7e]*$/);
  });

  test('keys and delegates may come in any order, and more than once', () => {
    const lines = [anSshKey(3), anSshKey(1), anSshKey(3)];
    const ticket = sign({
      ssh_keys: lines.join('\n'),
      delegations: [
        ['del_b', 'Start'],
        ['del_a', 'Stop'],
        ['del_b', 'Stop'],
        ['del_b', 'Start'],
      ],
    });
    const { content } = readTicket(Buffer.from(ticket));
    expect(content.ssh_keys).toBe([...new Set(lines)].sort().join('\n'));
    expect(content.delegations).toEqual([
      ['del_b', 'Start'],
      ['del_b', 'Stop'],
      ['del_a', 'Stop'],
    ]);
  });

  test.each([
    // No caller that the compiler has seen can give this one.
    ['a bad name', { name: 'Root' as never }, /a name is like site_project/],
    ['no node', { nodes: [] }, /its slice names no node/],
    ['an end before its beginning', { expiry: epochSeconds(5) }, /it expires \(5\) before/],
    ['a broken key', { ssh_keys: 'ssh-rsa AAAA' }, /a key of person "1" cannot be used/],
    ['a character that XML has not', { initscript: 'a\u0001b' }, /not well-formed/],
    ['half a surrogate pair', { initscript: 'a\ud800b' }, /not well-formed/],
    ['a resource that makes no sense', { rspec: { nm_cpu_share: -1 } }, /makes no sense/],
    ['a fraction', { rspec: { nm_cpu_share: 1.5 } }, /"1.5" is no integer$/],
    ['a start script that is a name', { initscript: 'theirs' }, /not read the initscript/],
    ['a caller that is none', { delegations: [['root', 'Stop']] }, /no caller can be named "root"/],
    ['a method that is none', { delegations: [['del_a', 'a b']] }, /not read the delegations/],
    ['a line without a key', { ssh_keys: `${aTicket().ssh_keys}\n` }, /not read the ssh_keys/],
  ] as const)('%s is not signed', (_what, special, why) => {
    expect(() => sign(special)).toThrow(why);
  });

  test('a text is signed as it is understood, not as it stands', () => {
    const text = writeTicket(aTicket()).replace('<slice', '<note>&lt;evil/></note><slice evil="1"');
    const ticket = signTicket(text, keys.privatePem);
    expect(ticket).not.toMatch(/evil/);
    expect(outcomeOf(ticket, trusting([keys]))).toEqual(recordFromTicket(aTicket()));
  });

  test.each([
    ['is signed already', sign({}), /the ticket is signed already$/],
    ['is no ticket', '<planetlab_slices/>', /the root is <planetlab_slices>/],
    ['names two slices', '<ticket issued="1"><slice/><slice/></ticket>', /more than one <slice>/],
  ])('a text that %s is not signed', (_what, text, why) => {
    expect(() => signTicket(text, keys.privatePem)).toThrow(why);
  });
});

describe('the key that signs', () => {
  test.each([
    ['RSA with SHA-512', rsaKeys(3072), { hash: 'sha512' }, { hash: 'sha512', key: 'rsa' }],
    ['EC on P-256', p256Keys(), {}, { hash: 'sha256', key: 'p256' }],
  ] as const)('may be %s', (_what, pair, options, signed) => {
    const ticket = signTicket(aTicket(), pair.privatePem, options);
    expect(readTicket(Buffer.from(ticket)).signed).toEqual(signed);
    expect(outcomeOf(ticket, trusting([pair]))).toHaveProperty('expiry', EXPIRY);
  });

  const encrypted = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
  });
  test.each([
    [
      'a short one',
      rsaKeys(1024).privatePem,
      /it is RSA with 1024 bits; at least 2048 are wanted$/,
    ],
    ['a public one', keys.publicPem, /no private key in PEM/],
    ['one with a passphrase', encrypted.privateKey, /without a passphrase$/],
    ['Ed25519', pemOf(generateKeyPairSync('ed25519')).privatePem, /it is ed25519; wanted is RSA/],
    [
      'EC on another curve',
      pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' })).privatePem,
      /it is EC on secp384r1/,
    ],
    ['nothing', '', /no private key in PEM/],
  ])('may not be %s', (_what, pem, why) => {
    expect(() => signTicket(aTicket(), pem)).toThrow(why);
  });
});

test('a ticket that is not signed can be shown, and says so', () => {
  const text = writeTicket(aTicket({ name: accountName('mit_dht') }));
  const shown = readTicket(Buffer.from(text));
  expect(shown.content.name).toBe('mit_dht');
  expect(shown).not.toHaveProperty('signed');
});

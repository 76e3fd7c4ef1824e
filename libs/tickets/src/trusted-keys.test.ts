/** Trust lists as operators write them, and what they may not hold. */
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { cryptoProvider, X509CertificateGenerator } from '@peculiar/x509';
import { describe, expect, test } from 'vitest';
import { readTrustedKeys } from './index.ts';
import { p256Keys, pemOf, rsaKeys } from './ticket-builder.test-support.ts';
import { MAX_TRUSTED_KEYS } from './trusted-keys.ts';

const rsa = rsaKeys();
const p256 = p256Keys();

async function aCertificate(): Promise<{ pem: string; publicPem: string }> {
  // The library is typed for browsers; what it needs of their types, Node.js has.
  cryptoProvider.set(webcrypto as never);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const notAfter = new Date('2001-01-01');
  const notBefore = new Date('2000-01-01');
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // As above.
    keys: keys as never,
    name: 'CN=authority',
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
  });
  const spki = Buffer.from(await webcrypto.subtle.exportKey('spki', keys.publicKey));
  const publicPem = `-----BEGIN PUBLIC KEY-----\n${spki.toString('base64')}\n-----END PUBLIC KEY-----\n`;
  return { pem: certificate.toString('pem'), publicPem };
}

describe('a list of trusted keys', () => {
  test('holds keys of both kinds, text between them, and each key once', () => {
    const list = `# ours\n${rsa.publicPem}\r\n\r\n# theirs\n${p256.publicPem}${rsa.publicPem}`;
    expect(readTrustedKeys(list).map(({ kind }) => kind)).toEqual(['rsa', 'p256']);
  });

  test('may name an RSA key as PKCS #1 does', () => {
    const pkcs1 = rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    expect(readTrustedKeys(pkcs1)).toEqual(readTrustedKeys(rsa.publicPem));
  });

  test('may hold a certificate, of which the key alone counts, however old it is', async () => {
    const { pem, publicPem } = await aCertificate();
    const [fromCertificate] = readTrustedKeys(pem);
    expect(fromCertificate?.fingerprint).toBe(readTrustedKeys(publicPem)[0]?.fingerprint);
  });

  const pem = (label: string, inside = 'AAAA') =>
    `-----BEGIN ${label}-----\n${inside}\n-----END ${label}-----\n`;
  test.each([
    ['nothing', '', /trusted keys: there is no PEM block/],
    ['a private key', `\n\n${rsa.privatePem}`, /line 3: this is a private key/],
    [
      'a private key after a good one',
      rsa.publicPem + p256.privatePem,
      /line 10: this is a private/,
    ],
    ['an old private key', pem('RSA PRIVATE KEY'), /this is a private key/],
    ['a locked private key', pem('ENCRYPTED PRIVATE KEY'), /this is a private key/],
    ['a key of OpenSSH', pem('OPENSSH PRIVATE KEY'), /this is a private key/],
    [
      'a private key called public',
      rsa.privatePem.replaceAll('PRIVATE', 'PUBLIC'),
      /the public key cannot be read/,
    ],
    ['a short RSA key', rsaKeys(1024).publicPem, /line 1: it is RSA with 1024 bits; at least 2048/],
    ['another kind of key', pemOf(generateKeyPairSync('ed25519')).publicPem, /it is ed25519/],
    [
      'an RSA-PSS key',
      pemOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 })).publicPem,
      /it is rsa-pss/,
    ],
    [
      'a request',
      pem('CERTIFICATE REQUEST'),
      /wants a PUBLIC KEY or a CERTIFICATE, not "CERTIFICATE REQUEST"/,
    ],
    ['a broken key', pem('PUBLIC KEY'), /line 1: the public key cannot be read/],
    ['a broken certificate', pem('CERTIFICATE'), /line 1: the certificate cannot be read/],
    [
      'a block that does not end',
      rsa.publicPem.slice(0, -10),
      /line 1: the block "PUBLIC KEY" does not end/,
    ],
    ['a block that begins oddly', '-----BEGIN ???', /this is not how a PEM block begins/],
    ['too many', rsa.publicPem.repeat(MAX_TRUSTED_KEYS + 1), /more than 32 are listed/],
    ['too much', ' '.repeat(300_000), /the list is too long/],
  ])('with %s is refused, and where', (_what, text, why) => {
    expect(() => readTrustedKeys(text)).toThrow(why);
  });

  test('with an exponent that proves nothing is refused', () => {
    const { n = '' } = rsa.publicKey.export({ format: 'jwk' });
    const der = (tag: number, ...parts: Buffer[]) => {
      const body = Buffer.concat(parts);
      return Buffer.concat([Buffer.from([tag, 0x82, body.length >> 8, body.length & 255]), body]);
    };
    const modulus = Buffer.concat([Buffer.from([0]), Buffer.from(String(n), 'base64url')]);
    const key = der(0x30, der(2, modulus), Buffer.from([2, 1, 1]));
    expect(() => readTrustedKeys(pem('RSA PUBLIC KEY', key.toString('base64')))).toThrow(
      /it is RSA with the exponent 1$|cannot be read/,
    );
  });
});

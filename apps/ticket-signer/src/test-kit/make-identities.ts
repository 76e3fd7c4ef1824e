/** Keys and certificates for tests, made when they are needed: an authority, a server, callers, a stranger. */
import { generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type X509Certificate as MadeCertificate,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** A certificate with its key, both PEM. */
export interface TestIdentity {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the certificate as Node.js and openssl print it. */
  readonly fingerprint: string;
}

export interface TestAuthority {
  readonly ca: string;
  /** issue makes a certificate for `subject` (`CN=…`), to be a server with or a client. */
  readonly issue: (
    subject: string,
    use: 'server' | 'client',
    validDays?: number,
  ) => Promise<TestIdentity>;
}

const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function identity(
  certificate: MadeCertificate,
  key: webcrypto.CryptoKey,
): Promise<TestIdentity> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  const cert = certificate.toString('pem');
  return {
    cert,
    key: `-----BEGIN PRIVATE KEY-----\n${der.replaceAll(/.{1,64}/g, '$&\n')}-----END PRIVATE KEY-----\n`,
    fingerprint: new X509Certificate(cert).fingerprint256,
  };
}

const extensionsFor = (use: 'server' | 'client') => [
  new BasicConstraintsExtension(false),
  new ExtendedKeyUsageExtension([
    use === 'server' ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth,
  ]),
  new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
];

/** makeAuthority makes an authority of its own. */
export async function makeAuthority(name = 'CN=test authority'): Promise<TestAuthority> {
  const keys = await newKeys();
  const notBefore = new Date(Date.now() - 10 * DAY_MS);
  const authority = await X509CertificateGenerator.createSelfSigned(
    {
      name,
      keys,
      notBefore,
      notAfter: new Date(Date.now() + DAY_MS),
      signingAlgorithm: ALGORITHM,
      extensions: [new BasicConstraintsExtension(true, 0, true)],
    },
    webcrypto,
  );
  return {
    ca: authority.toString('pem'),
    async issue(subject, use, validDays = 1) {
      const own = await newKeys();
      const certificate = await X509CertificateGenerator.create(
        {
          subject,
          issuer: authority.subject,
          notBefore,
          notAfter: new Date(Date.now() + validDays * DAY_MS),
          publicKey: own.publicKey,
          signingKey: keys.privateKey,
          signingAlgorithm: ALGORITHM,
          extensions: extensionsFor(use),
        },
        webcrypto,
      );
      return identity(certificate, own.privateKey);
    },
  };
}

/** makeSigningKey makes a key to sign tickets with: its private and its public half, PEM. */
export function makeSigningKey(): { readonly privatePem: string; readonly publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

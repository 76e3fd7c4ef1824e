/** Makes a certificate authority and a server certificate for tests, in memory. */
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

export interface TestAuthority {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** makeAuthority returns PEM texts: a CA, and a certificate for localhost that it has signed. */
export async function makeAuthority(name: string): Promise<TestAuthority> {
  const dates = {
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
  };
  const common = { ...dates, signingAlgorithm: ALGORITHM };
  const caKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const serverKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const ca = await X509CertificateGenerator.createSelfSigned(
    {
      ...common,
      name: `CN=${name}`,
      keys: caKeys,
      extensions: [new BasicConstraintsExtension(true)],
    },
    webcrypto,
  );
  const names = new SubjectAlternativeNameExtension([
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
  ]);
  const server = await X509CertificateGenerator.create(
    {
      ...common,
      subject: 'CN=localhost',
      issuer: ca.subject,
      publicKey: serverKeys.publicKey,
      signingKey: caKeys.privateKey,
      extensions: [names],
    },
    webcrypto,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey));
  const body = der.toString('base64').replaceAll(/.{1,64}/g, '$&\n');
  const key = `-----BEGIN PRIVATE KEY-----\n${body}-----END PRIVATE KEY-----\n`;
  return { ca: ca.toString('pem'), cert: server.toString('pem'), key };
}

/** Makes a certificate authority and a server certificate for this machine. Nothing is written here. */
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const VALID_DAYS = 365;

/** All PEM. The authority's own key is thrown away once it has signed: nobody can sign with it again. */
export interface Certificates {
  readonly ca: string;
  readonly server: string;
  readonly serverKey: string;
}

const { subtle } = webcrypto;
const newKeys = () => subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function pemOfKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').replaceAll(/.{1,64}/g, '$&\n');
  return `-----BEGIN PRIVATE KEY-----\n${lines}-----END PRIVATE KEY-----\n`;
}

function makeAuthority(keys: webcrypto.CryptoKeyPair, dates: { notBefore: Date; notAfter: Date }) {
  return X509CertificateGenerator.createSelfSigned(
    {
      ...dates,
      name: 'CN=demo-plc CA',
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      ],
    },
    webcrypto,
  );
}

/** makeCertificates makes both, for `localhost` and 127.0.0.1, valid from yesterday for a year. */
export async function makeCertificates(now: Date): Promise<Certificates> {
  const notBefore = new Date(now.getTime() - DAY_MS);
  const notAfter = new Date(now.getTime() + VALID_DAYS * DAY_MS);
  const [caKeys, serverKeys] = await Promise.all([newKeys(), newKeys()]);
  const ca = await makeAuthority(caKeys, { notBefore, notAfter });
  const server = await X509CertificateGenerator.create(
    {
      notBefore,
      notAfter,
      subject: 'CN=localhost',
      issuer: ca.subject,
      publicKey: serverKeys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([
          { type: 'dns', value: 'localhost' },
          { type: 'ip', value: '127.0.0.1' },
        ]),
      ],
    },
    webcrypto,
  );
  return {
    ca: ca.toString('pem'),
    server: server.toString('pem'),
    serverKey: await pemOfKey(serverKeys.privateKey),
  };
}

/** The TLS side of the server: its own certificate, and whose certificates callers may show. */
import { constants } from 'node:crypto';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { readBoundedFile, readPrivateFile } from '@nodemgr/config';
import type { SignerConfig } from '../config/signer-schema.ts';

/** A list of authorities may be that long. */
const MAX_PEM_BYTES = 4 << 20;

function readPublic(key: string, file: string): string {
  try {
    return readBoundedFile(file, { maxBytes: MAX_PEM_BYTES }).toString('utf8');
  } catch (cause) {
    throw new Error(`${key}: ${file}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * loadTlsOptions reads the files of `[tls]` and has OpenSSL look at them. Throws an Error that names what
 * cannot be used. Sessions are never taken up again: each connection proves anew whose it is.
 */
export function loadTlsOptions(tls: NonNullable<SignerConfig['tls']>): TlsOptions {
  const options = {
    cert: readPublic('tls.certificate_file', tls.certificate_file),
    key: readPrivateFile('tls.key_file', tls.key_file),
    ca: readPublic('tls.client_ca_file', tls.client_ca_file),
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  } as const;
  try {
    createSecureContext(options);
  } catch (cause) {
    throw new Error(`tls: the certificates and the key: ${(cause as Error).message}`, { cause });
  }
  return { ...options, requestCert: true, rejectUnauthorized: true };
}

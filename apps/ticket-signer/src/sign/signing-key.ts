/** The key that tickets are signed with. It leaves this file only as signatures. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readPrivateFile } from '@nodemgr/config';
import { readTrustedKeys, signTicket, type TicketContent } from '@nodemgr/tickets';

export interface SigningKey {
  /** SHA-256 of its public half, hex: as logs of nodes name who signed. */
  readonly fingerprint: string;
  /** Throws a Fault for what no node would take. */
  readonly sign: (content: TicketContent) => string;
}

/** The rules for the key are those of the nodes' trust lists: it is read as one. */
function fingerprintOf(pem: string): string {
  const publicHalf = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'pem' });
  const [trusted] = readTrustedKeys(publicHalf.toString());
  if (trusted === undefined) throw new Error('it is no key');
  return trusted.fingerprint;
}

/** loadSigningKey reads the key of the configuration; throws an Error that names the file and why not. */
export function loadSigningKey(file: string, hash: 'sha256' | 'sha512'): SigningKey {
  const pem = readPrivateFile('signing.key_file', file);
  try {
    return {
      fingerprint: fingerprintOf(pem),
      sign: (content) => signTicket(content, pem, { hash }),
    };
  } catch (cause) {
    const { message } = cause as Error;
    const text = `signing.key_file: ${file}: no key to sign with, in PEM and without a passphrase: ${message}`;
    throw new Error(text, { cause });
  }
}

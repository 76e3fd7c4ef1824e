/** Reads a list of keys that were revoked: public keys, one a line, as `ssh-keygen -k` and RevokedKeys take them. Pure. */
import { mapLines, readKey } from './read-key.ts';

const KRL_MAGIC = 'SSHKRL';

/**
 * readRevokedKeys returns the fingerprints of the keys that `text` lists; an empty list revokes none. Throws an Error
 * that names the line that is no key, and for a binary KRL.
 */
export function readRevokedKeys(text: string): ReadonlySet<string> {
  if (text.startsWith(KRL_MAGIC)) {
    throw new Error('it is a binary KRL; wanted are public keys, one a line');
  }
  return new Set(mapLines(text, ({ text: line }) => readKey(line).fingerprint));
}

/** Names the public keys of users as `ssh-keygen -l` does. Pure. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

export interface NamedKey {
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** `SHA256:…`, base64 without padding. */
  readonly fingerprint: string;
  readonly comment: string;
}

/** nameKey names one line of authorized_keys without options, which has been checked. */
export function nameKey(line: string): NamedKey {
  const [type = '', base64 = '', ...comment] = line.split(' ');
  const digest = createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64');
  const fingerprint = `SHA256:${digest.replace(/=+$/, '')}`;
  return { type, fingerprint, comment: comment.join(' ') };
}

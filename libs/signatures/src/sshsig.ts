/**
 * Reads signatures as `ssh-keygen -Y sign` writes them: OpenSSH's PROTOCOL.sshsig, armoured, one block after the other.
 * Stricter than ssh-keygen, which passes over what follows a block: nothing may. Pure.
 */
import { Buffer } from 'node:buffer';
import { BadBlob, SshReader } from '@nodemgr/slices-xml';

const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';
const MAGIC = Buffer.from('SSHSIG');
const VERSION = 1;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The digests that may be signed. */
export const HASHES = ['sha256', 'sha512'] as const;
export type Hash = (typeof HASHES)[number];

/** A signature, taken apart and not verified. */
export interface SshSignature {
  /** Encoding of the key that is claimed to have signed. */
  readonly publicKey: Buffer;
  readonly namespace: string;
  /** Digest of the document that is signed. */
  readonly hash: Hash;
  /** As the key's type encodes it. */
  readonly signature: Buffer;
}

const isHash = (name: string): name is Hash => HASHES.some((hash) => hash === name);

/** splitBlocks returns the base64 of each armoured block; throws BadBlob when there is anything beside them. */
export function splitBlocks(text: string): readonly string[] {
  const [before = '', ...parts] = text.split(BEGIN);
  if (before.trim() !== '') throw new BadBlob(`it does not begin with ${BEGIN}`);
  return parts.map((part, index) => {
    const [inside = '', after, ...more] = part.split(END);
    if (after === undefined) throw new BadBlob(`block ${index + 1} is cut off`);
    if (after.trim() !== '' || more.length > 0) {
      throw new BadBlob(`something follows after block ${index + 1}`);
    }
    return inside.replace(/[ \t\r\n]+/g, '');
  });
}

/** readSshSignature takes the base64 of one block apart; throws BadBlob where it is not as it ought to be. */
export function readSshSignature(base64: string): SshSignature {
  const bytes = Buffer.from(base64, 'base64');
  // Without stray bits in the last character: each signature can be written in one way.
  if (!BASE64.test(base64) || bytes.toString('base64') !== base64) {
    throw new BadBlob('its base64 does not decode');
  }
  const reader = new SshReader(bytes);
  if (!reader.bytes(MAGIC.length, 'beginning').equals(MAGIC)) {
    throw new BadBlob(`it does not begin with ${MAGIC}`);
  }
  const version = reader.uint32('version');
  if (version !== VERSION) throw new BadBlob(`its version is ${version}, not ${VERSION}`);
  const publicKey = reader.string('public key');
  const namespace = reader.string('namespace').toString('utf8');
  // OpenSSH signs an empty one, and verifies as if it were empty.
  if (reader.string('reserved field').length > 0) throw new BadBlob('its reserved field is in use');
  const hash = reader.string('hash').toString('latin1');
  if (!isHash(hash)) {
    throw new BadBlob(`its hash is ${JSON.stringify(hash)}, not ${HASHES.join(' or ')}`);
  }
  const signature = reader.string('signature');
  reader.end();
  return { publicKey, namespace, hash, signature };
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** signedBytes returns what is signed for a document with that digest. */
export function signedBytes(namespace: string, hash: Hash, digest: Buffer): Buffer {
  const fields = [Buffer.from(namespace), Buffer.alloc(0), Buffer.from(hash), digest];
  return Buffer.concat([MAGIC, ...fields.map(field)]);
}

/**
 * The public keys whose signatures are verified, and how: a table from OpenSSH's name of the type. What is wrong is
 * thrown as BadBlob. Pure.
 */
import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { BadBlob, SshReader } from '@nodemgr/slices-xml';

/** A public key as lists name it. */
export interface PublicKey {
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** Its encoding: two keys are one if these are equal. */
  readonly blob: Buffer;
  /** As `ssh-keygen -l` prints it: `SHA256:` and base64. */
  readonly fingerprint: string;
}

/** Reports whether the rest of a signature, which follows its type, is the key's on `signed`. */
type Verify = (signed: Buffer, signature: SshReader, type: string) => boolean;

interface Scheme {
  /** The types that a signature by such a key may have. */
  readonly signatures: readonly string[];
  /** Takes the rest of a key's blob. */
  read(blob: SshReader): Verify;
}

/** Whoever signs for a whole testbed has a key that is not from the last century. */
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 16_384;
const MAX_EXPONENT_BITS = 64;

function keyOf(key: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch (cause) {
    throw new BadBlob('it is no key that OpenSSL takes', { cause });
  }
}

const text = (bytes: Buffer): string => bytes.toString('latin1');

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** Returns `bytes` with zeros before them. */
function padded(bytes: Buffer, length: number, what: string): Buffer {
  if (bytes.length > length) throw new BadBlob(`its ${what} is too long`);
  return Buffer.concat([Buffer.alloc(length - bytes.length), bytes]);
}

/** Takes a signature that is nothing but bytes. */
function onlyString(signature: SshReader): Buffer {
  const bytes = signature.string('signature');
  signature.end();
  return bytes;
}

const RSA_HASHES: ReadonlyMap<string, string> = new Map([
  ['rsa-sha2-256', 'sha256'],
  ['rsa-sha2-512', 'sha512'],
]);

const rsa: Scheme = {
  signatures: [...RSA_HASHES.keys()],
  read(blob) {
    const [e, n] = [blob.mpint('exponent'), blob.mpint('modulus')];
    const bits = n.length * 8 - (Math.clz32(n[0] ?? 0) - 24);
    if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
      throw new BadBlob(`it is RSA with ${bits} bits; at least ${MIN_RSA_BITS} are wanted`);
    }
    if (e.length * 8 > MAX_EXPONENT_BITS) throw new BadBlob('its exponent is too large');
    if (e.length === 0 || (e.length === 1 && Number(e[0]) < 3)) {
      throw new BadBlob('its exponent proves nothing');
    }
    const key = keyOf({ kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') });
    return (signed, signature, type) => {
      const bytes = padded(onlyString(signature), n.length, 'signature');
      return verify(RSA_HASHES.get(type), signed, key, bytes);
    };
  },
};

/** The bytes of the signature, verified; what stands after them is the scheme's own. */
type VerifyBytes = (signed: Buffer, bytes: Buffer) => boolean;

function readEd25519(blob: SshReader): VerifyBytes {
  const x = blob.string('public key');
  const key = keyOf({ kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') });
  return (signed, bytes) => verify(null, signed, key, bytes);
}

interface Curve {
  readonly name: string;
  readonly jwk: string;
  readonly hash: string;
  /** Of a coordinate. */
  readonly bytes: number;
}

const CURVES = {
  nistp256: { name: 'nistp256', jwk: 'P-256', hash: 'sha256', bytes: 32 },
  nistp384: { name: 'nistp384', jwk: 'P-384', hash: 'sha384', bytes: 48 },
  nistp521: { name: 'nistp521', jwk: 'P-521', hash: 'sha512', bytes: 66 },
} as const satisfies Readonly<Record<string, Curve>>;

/** The first byte of a point that is not compressed (SEC 1, 2.3.3). */
const UNCOMPRESSED = 0x04;

const readEcdsa =
  ({ name, jwk, hash, bytes: size }: Curve) =>
  (blob: SshReader): VerifyBytes => {
    if (text(blob.string('curve')) !== name) throw new BadBlob(`its curve is not ${name}`);
    const point = blob.string('point');
    if (point[0] !== UNCOMPRESSED || point.length !== 1 + 2 * size) {
      throw new BadBlob('its point is not an uncompressed one');
    }
    const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
    const key = keyOf({
      ...{ kty: 'EC', crv: jwk },
      ...{ x: x.toString('base64url'), y: y.toString('base64url') },
    });
    return (signed, bytes) => {
      const reader = new SshReader(bytes);
      const [r, s] = [reader.mpint('r'), reader.mpint('s')];
      reader.end();
      const both = Buffer.concat([padded(r, size, 'r'), padded(s, size, 's')]);
      return verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, both);
    };
  };

const plain = (type: string, read: (blob: SshReader) => VerifyBytes): readonly [string, Scheme] => [
  type,
  {
    signatures: [type],
    read(blob) {
      const verifyBytes = read(blob);
      return (signed, signature) => verifyBytes(signed, onlyString(signature));
    },
  },
];

/**
 * A key on a security token signs, with the document, its application, flags and a counter (OpenSSH's PROTOCOL.u2f).
 * Like `ssh-keygen -Y verify`, this does not ask for the flag that somebody touched the token.
 */
const token = (type: string, read: (blob: SshReader) => VerifyBytes): readonly [string, Scheme] => [
  type,
  {
    signatures: [type],
    read(blob) {
      const verifyBytes = read(blob);
      const application = sha256(blob.string('application'));
      return (signed, signature) => {
        const bytes = signature.string('signature');
        const flagsAndCounter = signature.bytes(5, 'flags and counter');
        signature.end();
        return verifyBytes(Buffer.concat([application, flagsAndCounter, sha256(signed)]), bytes);
      };
    },
  },
];

const ecdsa = (curve: Curve) => plain(`ecdsa-sha2-${curve.name}`, readEcdsa(curve));

const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ['ssh-rsa', rsa],
  plain('ssh-ed25519', readEd25519),
  ecdsa(CURVES.nistp256),
  ecdsa(CURVES.nistp384),
  ecdsa(CURVES.nistp521),
  token('sk-ssh-ed25519@openssh.com', readEd25519),
  token('sk-ecdsa-sha2-nistp256@openssh.com', readEcdsa(CURVES.nistp256)),
]);

function open(blob: Buffer): { readonly type: string; signatures: readonly string[]; by: Verify } {
  const reader = new SshReader(blob);
  const type = text(reader.string('type'));
  const scheme = SCHEMES.get(type);
  if (scheme === undefined) throw new BadBlob(`keys of type ${JSON.stringify(type)} are not known`);
  const by = scheme.read(reader);
  reader.end();
  return { type, signatures: scheme.signatures, by };
}

/** fingerprintOf returns the name of a key, whether its type is known or not. */
export const fingerprintOf = (blob: Buffer): string =>
  `SHA256:${sha256(blob).toString('base64').replace(/=+$/, '')}`;

/** readPublicKey returns the key of a blob; throws BadBlob when its signatures cannot be verified. */
export function readPublicKey(blob: Buffer): PublicKey {
  return { type: open(blob).type, blob, fingerprint: fingerprintOf(blob) };
}

/** checkSignature throws BadBlob unless `signature`, as OpenSSH encodes it, is by the key on `signed`. */
export function checkSignature({ blob }: PublicKey, signed: Buffer, signature: Buffer): void {
  const { signatures, by } = open(blob);
  const reader = new SshReader(signature);
  const type = text(reader.string('type'));
  if (!signatures.includes(type)) {
    throw new BadBlob(`it is of type ${JSON.stringify(type)}, not ${signatures.join(' or ')}`);
  }
  if (!by(signed, reader, type)) throw new BadBlob('it is not on this document');
}

/**
 * Judges whether enough of those who may sign have signed a document. A signature that does not count takes none of the
 * others with it. Pure.
 */
import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { type EpochSeconds, isoTime } from '@nodemgr/records';
import { BadBlob } from '@nodemgr/slices-xml';
import type { AllowedSigner } from './allowed-signers.ts';
import { checkSignature, fingerprintOf } from './public-key.ts';
import { type Hash, readSshSignature, signedBytes, splitBlocks } from './sshsig.ts';

/** The digests of a document by which it is signed. */
export type Digests = Readonly<Record<Hash, Buffer>>;

/** digestsOf hashes a document. */
export function digestsOf(bytes: Uint8Array): Digests {
  const digest = (hash: Hash) => createHash(hash).update(bytes).digest();
  return { sha256: digest('sha256'), sha512: digest('sha512') };
}

/** Whom a document must be signed by. */
export interface Trust {
  readonly signers: readonly AllowedSigner[];
  /** Fingerprints. */
  readonly revoked: ReadonlySet<string>;
  readonly namespace: string;
  /** How many different signers are needed. */
  readonly needed: number;
}

/** Somebody who has signed. */
export interface Signer {
  /** As the list has it, such as `alice@example.edu`. */
  readonly name: string;
  /** Of the key: `SHA256:` and base64. */
  readonly fingerprint: string;
}

export type SignatureVerdict =
  | {
      readonly ok: true;
      readonly signers: readonly Signer[];
      /** Signatures that do not count, and why. */
      readonly passedOver: readonly string[];
    }
  | { readonly ok: false; readonly reason: string };

/** More blocks than a document has signers. */
export const MAX_SIGNATURES = 32;

/** Reports whether one pattern of OpenSSH (ssh_config(5), PATTERNS) matches. */
function matches(pattern: string, text: string): boolean {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const source = literal.replace(/\*+/g, '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** Reports whether a list of patterns matches: one that begins with `!` and matches excludes. */
function matchesAny(patterns: readonly string[], text: string): boolean {
  const isExcluded = patterns.some((each) => each.startsWith('!') && matches(each.slice(1), text));
  return !isExcluded && patterns.some((each) => !each.startsWith('!') && matches(each, text));
}

/** Why a line of the list does not let its key sign now; undefined: it does. */
function whyNotNow(
  { namespaces, validAfter, validBefore }: AllowedSigner,
  namespace: string,
  at: EpochSeconds,
): string | undefined {
  if (namespaces !== undefined && !matchesAny(namespaces, namespace)) {
    return `its key may not sign for ${namespace}`;
  }
  if (validAfter !== undefined && at < validAfter)
    return `its key counts from ${isoTime(validAfter)}`;
  if (validBefore !== undefined && at > validBefore) {
    return `its key counted until ${isoTime(validBefore)}`;
  }
  return undefined;
}

/** Returns the line of the list that lets a key sign now; throws BadBlob when none does. */
function signerOf(blob: Buffer, { signers, namespace }: Trust, at: EpochSeconds): AllowedSigner {
  const lines = signers.filter(({ key }) => key.blob.equals(blob));
  const found = lines.find((line) => whyNotNow(line, namespace, at) === undefined);
  if (found !== undefined) return found;
  const [first] = lines;
  throw new BadBlob(
    (first && whyNotNow(first, namespace, at)) ?? 'its key is not among the allowed signers',
  );
}

/** Returns the line of the list by which a signature counts; throws BadBlob where it does not. */
function check(base64: string, digests: Digests, trust: Trust, at: EpochSeconds): AllowedSigner {
  const { publicKey, namespace, hash, signature } = readSshSignature(base64);
  const fingerprint = fingerprintOf(publicKey);
  try {
    if (namespace !== trust.namespace) {
      throw new BadBlob(`it is for ${JSON.stringify(namespace)}, not for ${trust.namespace}`);
    }
    if (trust.revoked.has(fingerprint)) throw new BadBlob('its key was revoked');
    const line = signerOf(publicKey, trust, at);
    checkSignature(line.key, signedBytes(namespace, hash, digests[hash]), signature);
    return line;
  } catch (error) {
    if (!(error instanceof BadBlob)) throw error;
    throw new BadBlob(`${error.message} (${fingerprint})`);
  }
}

const isPattern = (principal: string): boolean => /[*?!]/.test(principal);

/** Two lines may be one person: they have a key or a name in common, or one is for whoever fits a pattern. */
function mayBeOne(a: AllowedSigner, b: AllowedSigner): boolean {
  if (a.key.blob.equals(b.key.blob)) return true;
  if ([...a.principals, ...b.principals].some(isPattern)) return true;
  return a.principals.some((name) => b.principals.includes(name));
}

/** Returns how many different people the lines are for certain. */
function countPeople(lines: readonly AllowedSigner[]): number {
  const groups: AllowedSigner[][] = [];
  for (const line of lines) {
    const same = groups.filter((group) => group.some((other) => mayBeOne(line, other)));
    for (const group of same) groups.splice(groups.indexOf(group), 1);
    groups.push([line, ...same.flat()]);
  }
  return groups.length;
}

const signerText = ({ principals, key }: AllowedSigner): Signer => ({
  name: principals.join(','),
  fingerprint: key.fingerprint,
});

function whyTooFew(
  found: number,
  lines: number,
  { needed }: Trust,
  why: readonly string[],
): string {
  const wanted = needed === 1 ? 'a signature' : `signatures of ${needed} different signers`;
  const are = found === 0 ? 'none counts' : `there are those of ${found}`;
  const same = lines > found ? ', who signed more than once' : '';
  return [`wanted is ${wanted}; ${are}${same}`, ...why].join('; ');
}

/**
 * judgeSignatures judges the armoured `signatures` on the document with these digests, one block for each signer, as of
 * `at`. It never throws.
 */
export function judgeSignatures(
  digests: Digests,
  signatures: string,
  trust: Trust,
  at: EpochSeconds,
): SignatureVerdict {
  const passedOver: string[] = [];
  const lines: AllowedSigner[] = [];
  try {
    const blocks = splitBlocks(signatures);
    if (blocks.length === 0) throw new BadBlob('there is no signature in it');
    if (blocks.length > MAX_SIGNATURES) {
      throw new BadBlob(`there are more than ${MAX_SIGNATURES} signatures in it`);
    }
    for (const [index, block] of blocks.entries()) {
      try {
        lines.push(check(block, digests, trust, at));
      } catch (error) {
        if (!(error instanceof BadBlob)) throw error;
        passedOver.push(`signature ${index + 1} does not count: ${error.message}`);
      }
    }
  } catch (error) {
    if (!(error instanceof BadBlob)) throw error;
    return { ok: false, reason: error.message };
  }
  const found = countPeople(lines);
  if (found < trust.needed) {
    return { ok: false, reason: whyTooFew(found, lines.length, trust, passedOver) };
  }
  const each = new Map(lines.map((line) => [line.key.fingerprint, signerText(line)]));
  return { ok: true, signers: [...each.values()], passedOver };
}

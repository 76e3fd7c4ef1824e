/**
 * Judges the signature beside slices.xml by the lists of this node, which are read anew each time: somebody who is struck
 * off signs nothing from then on. What is signed is the bytes of the document, unpacked.
 */
import { createHash } from 'node:crypto';
import { type Config, readTrustedFile } from '@nodemgr/config';
import type { EpochSeconds } from '@nodemgr/records';
import {
  digestsOf,
  judgeSignatures,
  readAllowedSigners,
  readRevokedKeys,
  type SignatureVerdict,
} from '@nodemgr/signatures';
import type { Proof } from '../desired-state-source.ts';

/** `ssh-keygen -Y sign -n`: what is signed for another purpose counts for nothing here. */
export const NAMESPACE = 'nodemgr-slices';
/** Of the file of signatures: 32 of the longest keys. */
export const MAX_SIGNATURE_BYTES = 256 << 10;
const MAX_LIST_BYTES = 1 << 20;

/** proofOf returns what the judgement of a document's signature needs of it. */
export function proofOf(bytes: Buffer, signature: string): Proof {
  return { digests: digestsOf(bytes), signature };
}

/** signedIdentity names a document together with its signature: signed anew, it is another one. */
export function signedIdentity({ digests, signature }: Proof): string {
  return createHash('sha256').update(digests.sha256).update(signature).digest('hex');
}

export interface SignatureFiles {
  readonly allowedSigners: string;
  readonly revoked: string | undefined;
  /** How many different people must have signed. */
  readonly needed: number;
}

/** signatureFilesOf returns where the lists are; undefined: this node wants no signatures. */
export function signatureFilesOf(plc: Config['plc']): SignatureFiles | undefined {
  const { allowed_signers_file: allowedSigners, revocation_file, signatures_needed } = plc;
  if (allowedSigners === undefined) return undefined;
  return { allowedSigners, revoked: revocation_file, needed: signatures_needed };
}

function readList<T>(key: string, file: string, read: (text: string) => T): T {
  try {
    return read(readTrustedFile(file, MAX_LIST_BYTES));
  } catch (cause) {
    throw new Error(`plc.${key}: ${file}: ${(cause as Error).message}`, { cause });
  }
}

export class DocumentSignatures {
  constructor(private readonly files: SignatureFiles) {}

  /** judge judges as of `at`. It never throws: a list that cannot be used lets nobody sign. */
  judge({ digests, signature }: Proof, at: EpochSeconds): SignatureVerdict {
    const { allowedSigners, revoked, needed } = this.files;
    try {
      const trust = {
        signers: readList('allowed_signers_file', allowedSigners, readAllowedSigners),
        revoked:
          revoked === undefined
            ? new Set<string>()
            : readList('revocation_file', revoked, readRevokedKeys),
        namespace: NAMESPACE,
        needed,
      };
      return judgeSignatures(digests, signature, trust, at);
    } catch (error) {
      return { ok: false, reason: (error as Error).message };
    }
  }
}

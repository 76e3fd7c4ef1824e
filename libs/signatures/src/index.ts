/** Signatures of OpenSSH (`ssh-keygen -Y sign`) on documents, verified without OpenSSH. Pure. */
export { type AllowedSigner, readAllowedSigners } from './allowed-signers.ts';
export {
  type Digests,
  digestsOf,
  judgeSignatures,
  MAX_SIGNATURES,
  type SignatureVerdict,
  type Signer,
  type Trust,
} from './judge-signatures.ts';
export { readRevokedKeys } from './revoked-keys.ts';

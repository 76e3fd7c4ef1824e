/** Decides whether a ticket counts, and whose it is, by the rules that a node goes by. Reads no file. */
import { Fault } from '@nodemgr/faults';
import type { EpochSeconds, SliverRecord } from '@nodemgr/records';
import { readTicket, type TrustedKey, verifyTicket } from '@nodemgr/tickets';

/** Whose signatures count. */
export interface Trust {
  readonly keys: readonly TrustedKey[];
  /** Signatures and digests with SHA-1 count too. */
  readonly allowSha1: boolean;
  /** Where the keys come from, for people. */
  readonly origin: string;
}

export type Verdict =
  /** `signer` is the fingerprint of the key, as libs/tickets has it. */
  | { readonly counts: true; readonly record: SliverRecord; readonly signer: string }
  | { readonly counts: false; readonly why: string };

interface Question {
  readonly trust: Trust;
  readonly nodeId: number;
  readonly now: EpochSeconds;
  /** False: whatever the time, which is asked of a signature alone. */
  readonly clockTrusted?: boolean;
}

/** judgeByTrust reports whether a node with that id would take the ticket at that time. */
export function judgeByTrust(bytes: Uint8Array, { trust, ...where }: Question): Verdict {
  const { keys: trusted, allowSha1: allowRsaSha1 } = trust;
  try {
    const { record, signer } = verifyTicket(bytes, { ...where, trusted, allowRsaSha1 });
    return { counts: true, record, signer };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { counts: false, why: error.message };
  }
}

/** judgeSignature reports who signed a ticket, for whatever nodes and times; throws a Fault when it is none. */
export function judgeSignature(bytes: Uint8Array, trust: Trust, now: EpochSeconds): Verdict {
  const [first] = readTicket(bytes).content.nodes;
  // A ticket names at least one node, or readTicket had refused it.
  return judgeByTrust(bytes, { trust, nodeId: first?.id ?? 0, now, clockTrusted: false });
}

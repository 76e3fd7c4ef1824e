/** Who may have tickets signed, as the configuration lists them. Pure: nothing here asks the kernel. */
import type { CallerConfig } from './config/signer-schema.ts';
import type { Grant } from './sign/judge-terms.ts';

/** What is certain of whoever is at the other end of a connection; no more than one of the two ways. */
export type Identity =
  | { readonly kind: 'user'; readonly uid: number }
  | {
      readonly kind: 'certificate';
      /** Of its DER, hex in small letters. */
      readonly sha256: string;
      /** Absent where its subject has none, or several. */
      readonly commonName?: string;
    };

export class CallerList {
  readonly #callers: readonly CallerConfig[];

  constructor(callers: readonly CallerConfig[]) {
    this.#callers = callers;
  }

  /** find returns what the caller may have signed; undefined for whoever is not on the list. */
  find(identity: Identity): Grant | undefined {
    if (identity.kind === 'user') {
      return this.#callers.find(({ uid }) => uid === identity.uid);
    }
    const { sha256, commonName } = identity;
    // The list may know one certificate of a name better than the name.
    return (
      this.#callers.find(({ certificate_sha256 }) => certificate_sha256 === sha256) ??
      this.#callers.find(
        ({ certificate_cn }) => certificate_cn !== undefined && certificate_cn === commonName,
      )
    );
  }
}

/** describeIdentity names a caller that is not on the list, for the log. */
export function describeIdentity(identity: Identity): string {
  return identity.kind === 'user' ? `uid ${identity.uid}` : `certificate ${identity.sha256}`;
}

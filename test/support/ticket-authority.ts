/** An authority that signs tickets with a key made for the test. What it signs is the test's to choose. */
import { generateKeyPairSync } from 'node:crypto';
import { accountName, DEFAULT_IMAGE, epochSeconds } from '@nodemgr/records';
import { signTicket, type TicketContent } from '@nodemgr/tickets';
import { NODE_ID } from './slices-document.ts';

export interface TicketTerms
  extends Partial<Omit<TicketContent, 'name' | 'issued' | 'expiry' | 'nodes'>> {
  readonly name: string;
  /** Seconds since 1970; now where absent. */
  readonly issued?: number;
  /** Seconds since 1970; in an hour where absent. */
  readonly expiry?: number;
  readonly nodes?: readonly number[];
}

/** nowSeconds is the time in whole seconds since 1970. */
export const nowSeconds = (): number => Math.floor(Date.now() / 1000);

export class TicketAuthority {
  readonly #privatePem: string;
  /** What a node's list of trusted keys has of it. */
  readonly publicPem: string;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    this.publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  sign({ name, issued = nowSeconds(), expiry, nodes = [NODE_ID], ...terms }: TicketTerms): string {
    const content: TicketContent = {
      id: 77,
      ssh_keys: '',
      rspec: {},
      initscript: '',
      image: DEFAULT_IMAGE,
      delegations: [],
      ...terms,
      name: accountName(name),
      issued: epochSeconds(issued),
      expiry: epochSeconds(expiry ?? issued + 3600),
      nodes: nodes.map((id) => ({ id })),
    };
    return signTicket(content, this.#privatePem);
  }
}

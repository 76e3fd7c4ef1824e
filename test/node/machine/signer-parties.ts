/** Who asks the ticket signer on the machine: a user and a certificate that it is to know, and others. */
import {
  makeAuthority,
  type TestAuthority,
  type TestIdentity,
} from '../../../apps/ticket-signer/src/test-kit/make-identities.ts';
import type { NodeMachine } from './node-machine.ts';
import { SignerCaller } from './signer-caller.ts';
import type { SignerSetUp } from './signer-operator.ts';

const GRANT = 'slices = ["lab_*"]\nmax_lifetime_seconds = 3600\n';
const REMOTE = 'CN=remote.example.org';

export class SignerParties {
  private constructor(
    /** Is to be listed. */
    readonly broker: SignerCaller,
    readonly stranger: SignerCaller,
    private readonly authority: TestAuthority,
    private readonly remote: TestIdentity,
    private readonly slice: string,
  ) {}

  /** make makes both users on the machine; what they ask for is `slice`, the text of a <slice>. */
  static async make(machine: NodeMachine, slice: string): Promise<SignerParties> {
    const authority = await makeAuthority();
    const broker = await SignerCaller.make(machine, 'broker');
    const stranger = await SignerCaller.make(machine, 'stranger');
    const remote = await authority.issue(REMOTE, 'client');
    return new SignerParties(broker, stranger, authority, remote, slice);
  }

  /** setUp returns what the signer's operator has to know. */
  async setUp(): Promise<SignerSetUp> {
    const { authority, broker } = this;
    const [, name = ''] = REMOTE.split('=');
    return {
      authority,
      server: await authority.issue('CN=signer', 'server'),
      callers:
        `[[callers]]\nname = "broker"\nuid = ${broker.uid}\n${GRANT}` +
        `[[callers]]\nname = "remote"\ncertificate_cn = "${name}"\n${GRANT}`,
    };
  }

  /** listedAsk has everybody ask who is to be listed; returns the statuses of their answers. */
  async listedAsk(): Promise<readonly (number | undefined)[]> {
    const asked = [this.broker.ask(this.slice), this.#overTls(this.remote)];
    return (await Promise.all(asked)).map(({ status }) => status);
  }

  /** unlistedAsk has those ask who get as far as to ask: another user, another's certificate. */
  async unlistedAsk(): Promise<readonly { readonly status: number | undefined }[]> {
    const other = await this.authority.issue('CN=other', 'client');
    // One after the other: of those who are not listed, the log names one a second.
    return [await this.stranger.ask(this.slice), await this.#overTls(other)];
  }

  /** uncertifiedAsk has those ask who do not: without a certificate, and with a stranger's of the right name. */
  async uncertifiedAsk(): Promise<readonly PromiseSettledResult<unknown>['status'][]> {
    const forged = await (await makeAuthority()).issue(REMOTE, 'client');
    const asked = [this.#overTls(undefined), this.#overTls(forged)];
    return (await Promise.allSettled(asked)).map(({ status }) => status);
  }

  async remove(): Promise<void> {
    await Promise.all([this.broker.remove(), this.stranger.remove()]);
  }

  #overTls(identity: TestIdentity | undefined) {
    return this.broker.askOverTls(this.authority.ca, identity, this.slice);
  }
}

/** Asks the running processes how far they are, over their operators' sockets. */
import { type CallClient, connectCalls } from '@nodemgr/bus';
import {
  type Contract,
  type DaemonName,
  type Endpoints,
  OPERATOR_CONTRACTS,
  type OperatorContracts,
  type ParamsOf,
  type ResultOf,
} from '@nodemgr/contracts';
import type { AccountsLook, NodeLook } from './node-look.ts';

const DEADLINE_MS = 1000;

async function orUndefined<C extends Contract, M extends keyof C & string>(
  client: CallClient<C>,
  method: M,
): Promise<ResultOf<C, M> | undefined> {
  try {
    return await client.call(method, {} as ParamsOf<C, M>, { deadlineMs: DEADLINE_MS });
  } catch {
    // Not up yet, or being restarted: the next look will tell.
    return undefined;
  }
}

export class NodeWatcher {
  readonly #fetcher;
  readonly #db;
  readonly #supervisor;
  readonly #bandwidth;
  readonly #gateway;

  constructor({ operator }: Endpoints) {
    const connect = <D extends DaemonName>(name: D): CallClient<OperatorContracts[D]> =>
      connectCalls({ path: operator[name], contract: OPERATOR_CONTRACTS[name] });
    this.#fetcher = connect('plc-fetcher');
    this.#db = connect('db-service');
    this.#supervisor = connect('account-supervisor');
    this.#bandwidth = connect('bwcap-agent');
    this.#gateway = connect('api-gateway');
  }

  /** look asks all five side by side; one that does not answer in a second is undefined. */
  async look(): Promise<NodeLook> {
    const [fetcher, db, supervisor, bandwidth, gateway] = await Promise.all([
      orUndefined(this.#fetcher, 'status'),
      orUndefined(this.#db, 'status'),
      orUndefined(this.#supervisor, 'status'),
      orUndefined(this.#bandwidth, 'status'),
      orUndefined(this.#gateway, 'status'),
    ]);
    return { fetcher, db, supervisor, bandwidth, gateway };
  }

  async slivers(): Promise<AccountsLook> {
    const [accounts, observed] = await Promise.all([
      orUndefined(this.#db, 'accounts'),
      orUndefined(this.#supervisor, 'observed'),
    ]);
    return { accounts: accounts ?? [], observed: observed ?? [] };
  }

  close(): void {
    for (const client of [
      this.#fetcher,
      this.#db,
      this.#supervisor,
      this.#bandwidth,
      this.#gateway,
    ]) {
      client.close();
    }
  }
}

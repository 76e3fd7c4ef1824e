/** Python's xmlrpc.client in a process of its own, so that the API is spoken to by a stranger. */
import { resolve } from 'node:path';
import {
  type ApiAnswer,
  ClientProcess,
  type ClientTarget,
  faultOf,
  resultOf,
} from './client-process.ts';

/** The command that starts it. */
export const PYTHON_CLIENT: readonly string[] = [
  'python3',
  resolve('test/support/xmlrpc_client.py'),
];

export class PythonClient extends ClientProcess {
  constructor(target: ClientTarget) {
    super(PYTHON_CLIENT, target);
  }

  /** ask makes a call and returns whatever came of it. */
  ask(method: string, ...params: unknown[]): Promise<ApiAnswer> {
    return this.tell({ method, params });
  }

  /** call makes a call that must succeed; returns its result. */
  async call(method: string, ...params: unknown[]): Promise<unknown> {
    return resultOf(method, await this.ask(method, ...params));
  }

  /** faultOf makes a call that must end in a fault; returns its code and text. */
  async faultOf(method: string, ...params: unknown[]): Promise<readonly [number, string]> {
    return faultOf(method, await this.ask(method, ...params));
  }
}

/** One call over HTTP, to see that the API really answers. */
import { request } from 'node:http';
import { encodeCall } from '@nodemgr/xml-rpc';

const DEADLINE_MS = 2000;

/** answers reports whether the API at `target` answers a call that everyone may make. */
export function answers(
  target: { readonly socketPath: string } | { readonly host: string; readonly port: number },
): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ ...target, method: 'POST', path: '/RPC2', timeout: DEADLINE_MS });
    call.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200));
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
    call.end(encodeCall('system.listMethods', []));
  });
}

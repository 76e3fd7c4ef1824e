/** How a node says to PLC who it is: with its own key, in each call by itself, so that there is no session to lose. */
import { createHmac } from 'node:crypto';
import type { XmlRpcStruct } from '@nodemgr/xml-rpc';

export const NODE_AUTH_METHOD = 'hmac';

/** The canonical form of no arguments, the structure of the authentication aside. */
const NO_ARGUMENTS = '[]';

/** signNodeCall returns the first argument of a call that has no other. */
export function signNodeCall(nodeId: number, key: string): XmlRpcStruct {
  const value = createHmac('sha1', key).update(NO_ARGUMENTS).digest('hex');
  return { AuthMethod: NODE_AUTH_METHOD, node_id: nodeId, value };
}

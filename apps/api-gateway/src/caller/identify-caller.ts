/**
 * Says who is at the other end of a connection: whoever the kernel says, and nothing that the caller
 * claims. Asked once for each connection, when it is accepted.
 */
import type { Socket } from 'node:net';
import { peerCredentialsOf } from '@nodemgr/native';
import type { NodeAccountsReader } from '@nodemgr/node-accounts';
import { hostUid } from '@nodemgr/records';
import { type Caller, callerOf } from './caller.ts';
import type { TcpOwners } from './tcp-owners.ts';

export type IdentifyCaller = (socket: Socket) => Promise<Caller>;

export interface IdentifyOptions {
  readonly rootUids: readonly number[];
  readonly accounts: NodeAccountsReader;
  readonly tcpOwners: Pick<TcpOwners, 'ownerOf'>;
}

/** A TCP connection has an address of its own, even when its peer has gone; a Unix one has none. */
const isTcp = (socket: Socket): boolean => socket.localFamily !== undefined;

/** identifyBySocket makes the real IdentifyCaller: SO_PEERCRED for Unix, sock_diag(7) for TCP. */
export function identifyBySocket(options: IdentifyOptions): IdentifyCaller {
  const { rootUids, accounts, tcpOwners } = options;
  return async (socket) => {
    // At once: whoever has gone later is still who asked. Undefined: it has gone, or came from elsewhere.
    const uid = isTcp(socket) ? tcpOwners.ownerOf(socket) : peerCredentialsOf(socket).uid;
    if (uid === undefined) return { kind: 'nobody', why: 'its end of the connection has no owner' };
    return callerOf(hostUid(uid), rootUids, await accounts.current());
  };
}

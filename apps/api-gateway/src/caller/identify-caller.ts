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

/** What a server listens on, and all of its connections are of. To ask it of each would cost a system call. */
export type Transport = 'tcp' | 'unix';

export type IdentifyCaller = (socket: Socket, transport: Transport) => Promise<Caller>;

export interface IdentifyOptions {
  readonly rootUids: readonly number[];
  readonly accounts: NodeAccountsReader;
  readonly tcpOwners: Pick<TcpOwners, 'ownerOf'>;
}

/** identifyBySocket makes the real IdentifyCaller: SO_PEERCRED for Unix, sock_diag(7) for TCP. */
export function identifyBySocket(options: IdentifyOptions): IdentifyCaller {
  const { rootUids, accounts, tcpOwners } = options;
  return async (socket, transport) => {
    // At once: whoever has gone later is still who asked. Undefined: it has gone, or came from elsewhere.
    const uid = transport === 'tcp' ? tcpOwners.ownerOf(socket) : peerCredentialsOf(socket).uid;
    if (uid === undefined) return { kind: 'nobody', why: 'its end of the connection has no owner' };
    return callerOf(hostUid(uid), rootUids, await accounts.current());
  };
}

/**
 * Says who is at the other end of a connection: whoever the kernel says, and nothing that the caller
 * claims. Asked once for each connection, when it is accepted.
 */
import type { Socket } from 'node:net';
import { peerCredentialsOf, tcpPeerOwnerOf } from '@nodemgr/native';
import type { NodeAccountsReader } from '@nodemgr/node-accounts';
import { hostUid } from '@nodemgr/records';
import { type Caller, callerOf } from './caller.ts';

export type IdentifyCaller = (socket: Socket) => Promise<Caller>;

export interface IdentifyOptions {
  readonly rootUids: readonly number[];
  readonly accounts: NodeAccountsReader;
}

/** A TCP connection has addresses, a Unix one has none. */
const isTcp = (socket: Socket): boolean => socket.remoteFamily !== undefined;

/** uidOf returns who connected `socket`; undefined: it has been closed already, or came from elsewhere. */
function uidOf(socket: Socket): number | undefined {
  return isTcp(socket) ? tcpPeerOwnerOf(socket) : peerCredentialsOf(socket).uid;
}

/** identifyBySocket makes the real IdentifyCaller: SO_PEERCRED for Unix, sock_diag(7) for TCP. */
export function identifyBySocket({ rootUids, accounts }: IdentifyOptions): IdentifyCaller {
  return async (socket) => {
    // At once: whoever has gone later is still who asked.
    const uid = uidOf(socket);
    if (uid === undefined) return { kind: 'nobody', why: 'its end of the connection has no owner' };
    return callerOf(hostUid(uid), rootUids, await accounts.current());
  };
}

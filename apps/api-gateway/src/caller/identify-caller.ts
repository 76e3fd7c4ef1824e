/**
 * Says who is at the other end of a connection: whoever the kernel says, and nothing that the caller
 * claims. Asked once for each connection, when it is accepted.
 */
import type { Socket } from 'node:net';
import { peerCredentialsOf } from '@nodemgr/native';
import type { NodeAccountsReader } from '@nodemgr/node-accounts';
import { type HostUid, hostUid } from '@nodemgr/records';
import { type Caller, callerOf } from './caller.ts';
import { TcpPeers } from './peer-of-tcp.ts';

export type IdentifyCaller = (socket: Socket) => Promise<Caller>;

export interface IdentifyOptions {
  readonly rootUids: readonly number[];
  readonly accounts: NodeAccountsReader;
}

/** A TCP connection has addresses, a Unix one has none. */
const isTcp = (socket: Socket): boolean => socket.remoteFamily !== undefined;

type UidOrNot = { readonly uid: HostUid } | { readonly unknown: string };

/** identifyBySocket makes the real IdentifyCaller: SO_PEERCRED for Unix, the kernel's tables for TCP. */
export function identifyBySocket({ rootUids, accounts }: IdentifyOptions): IdentifyCaller {
  const tcpPeers = new TcpPeers();
  const uidOf = async (socket: Socket): Promise<UidOrNot> =>
    isTcp(socket) ? tcpPeers.ownerOf(socket) : { uid: hostUid(peerCredentialsOf(socket).uid) };
  return async (socket) => {
    const owner = await uidOf(socket);
    if ('unknown' in owner) return { kind: 'nobody', why: owner.unknown };
    return callerOf(owner.uid, rootUids, await accounts.current());
  };
}

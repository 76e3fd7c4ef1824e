// The typed face of the native addon (native/addon): system calls that Node.js does not offer.
// Nothing is loaded before the first use.
export { OtherAbiError } from './check-abi.ts';
export { type HtbClassReading, htbClasses } from './htb-classes.ts';
export { native, refuseOtherAbi } from './load-native.ts';
export type { NativeBinding, PeerCredentials, ProjectQuota } from './native-binding.ts';
export type {
  InterfaceRootQdisc,
  NetworkBinding,
  NetworkChanges,
  NetworkEventSockets,
  RootQdisc,
  TcpEnd,
} from './network-binding.ts';
export { peerCredentialsOf } from './peer-credentials-of.ts';
export { tcpPeerOwnerOf } from './tcp-peer-owner-of.ts';

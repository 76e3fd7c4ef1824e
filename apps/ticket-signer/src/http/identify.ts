/** Says who is at the other end of a connection: what the kernel or a verified certificate says. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { peerCredentialsOf } from '@nodemgr/native';
import type { Identity } from '../caller-list.ts';

/** identifyUser asks the kernel who connected a Unix socket. Throws as peerCredentialsOf does. */
export function identifyUser(socket: Socket): Identity {
  return { kind: 'user', uid: peerCredentialsOf(socket).uid };
}

/** identifyCertificate takes what the TLS handshake has verified; throws an Error where it has not. */
export function identifyCertificate(socket: TLSSocket): Identity {
  const certificate = socket.getPeerX509Certificate();
  if (!socket.authorized || certificate === undefined) {
    throw new Error('the client showed no certificate that counts');
  }
  const sha256 = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  // A list where a subject has several, which its type leaves out.
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string'
    ? { kind: 'certificate', sha256, commonName: name }
    : { kind: 'certificate', sha256 };
}

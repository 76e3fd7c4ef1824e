/** Decides whether `[tls]` and the socket unit for it fit together where systemd listens. Pure. */

export const TLS_SOCKET_UNIT = 'nodemgr-ticket-signer-tls.socket';

export interface TlsSocket {
  /** Whether the configuration has a table `[tls]`. */
  readonly configured: boolean;
  /** Whether systemd listens for it: hands a socket over, or would. */
  readonly listening: boolean;
}

/** judgeTlsSocket returns why the service would not start; undefined: it would. */
export function judgeTlsSocket({ configured, listening }: TlsSocket): string | undefined {
  if (configured === listening) return undefined;
  return configured
    ? `[tls] is configured, and systemd does not listen for it: enable and start ${TLS_SOCKET_UNIT}`
    : `systemd listens for TLS, and there is no table [tls]: disable and stop ${TLS_SOCKET_UNIT}`;
}

// What the native addon offers of the network: the part of NativeBinding that speaks netlink(7).

/** The root queueing discipline of a network interface (tc(8)). */
export interface RootQdisc {
  /** 'htb', 'fq_codel', 'noqueue', … */
  readonly kind: string;
  /** All 32 bits of its handle: 0x10000 is what tc writes as `1:`. 0: the kernel's own making. */
  readonly handle: number;
  /** Only of htb: the minor number of the class that takes what no other does. 0: none does. */
  readonly defaultClass?: number;
}

/** A root qdisc, and whose it is. */
export interface InterfaceRootQdisc extends RootQdisc {
  readonly ifindex: number;
}

/** The two subscriptions of openNetworkEvents: descriptors of netlink sockets. */
export interface NetworkEventSockets {
  readonly route: number;
  readonly netfilter: number;
}

/** What has happened since it was last asked. */
export interface NetworkChanges {
  /** An interface came, went, or is not what it was: its name, its MTU, up or down. */
  readonly links: boolean;
  /** A default route of the main table, IPv4 or IPv6, came or went. */
  readonly routes: boolean;
  /** A root qdisc with a handle came, or any root qdisc went, on any interface. */
  readonly qdiscs: boolean;
  /**
   * The nftables table that was asked about, or a chain, rule, set or map of it, came or went.
   * Not the elements of its sets and maps.
   */
  readonly table: boolean;
  /** More happened than was kept: anything may have, the above included. */
  readonly lost: boolean;
}

/** One end of a TCP connection, as `socket.remoteAddress` and `socket.remotePort` name it. */
export interface TcpEnd {
  /** IPv4, IPv6 or an IPv4 address mapped to IPv6 ('::ffff:127.0.0.1'); no name, no zone. */
  readonly address: string;
  readonly port: number;
}

/**
 * What the kernel says of network interfaces, their traffic control and TCP sockets, all of it
 * in this process's network namespace. The caller's unit must allow AF_NETLINK
 * (RestrictAddressFamilies=). Reading needs no right, but openNetworkEvents does.
 *
 * The kernel answers such questions within the call; one that has not after 5 seconds is an
 * ETIMEDOUT. EAGAIN when what was read kept changing meanwhile.
 */
export interface NetworkBinding {
  /**
   * The root qdisc of the interface `ifindex` (RTM_GETQDISC); undefined where it has none, as one
   * that has never been up. Throws ENODEV when there is no such interface.
   */
  rootQdisc(ifindex: number): RootQdisc | undefined;

  /** The root qdiscs of all interfaces that have one. */
  rootQdiscs(): InterfaceRootQdisc[];

  /**
   * All classes of the interface's HTB root (RTM_GETTCLASS), a row of numbers each: see htbClasses,
   * which makes objects of them. Empty where the root is no htb. Throws ENODEV when there is no
   * such interface.
   */
  htbClassNumbers(ifindex: number): Float64Array;

  /**
   * Subscribes to what changes in the network. Nobody is called: what happens is kept, up to some
   * MiB, until `readNetworkEvents`. Throws EPERM without CAP_NET_ADMIN.
   */
  openNetworkEvents(): NetworkEventSockets;

  /**
   * What has happened since the last call, one's own doings included. `table` is the name of an
   * nftables table of the family `inet`. It takes at most some thousand notifications a call, and
   * says `lost` when there may be more.
   *
   * Throws EINVAL or EBADF when `events` is not what openNetworkEvents returned.
   */
  readNetworkEvents(events: NetworkEventSockets, table: string): NetworkChanges;

  /** Ends the subscriptions. `events` must not be used again. Throws as readNetworkEvents. */
  closeNetworkEvents(events: NetworkEventSockets): void;

  /**
   * The user id of who owns the TCP socket of this machine whose own end is `local` and whose other
   * end, on this machine too, is `remote`: one exact look-up (sock_diag(7)), however many sockets
   * there are. The owner of a socket is who made it, or whom fchown(2) gave it to.
   *
   * Undefined, which is nobody, when there is no such socket, and for one that is not connected,
   * or that its program has closed though its last data are still under way: the kernel says
   * 0 of those. Also where the kernel has no tcp_diag. Throws EINVAL for what is no address.
   */
  tcpSocketOwner(local: TcpEnd, remote: TcpEnd): number | undefined;

  /**
   * The user id of who owns the other end of the TCP connection `fd`, found as tcpSocketOwner
   * finds it, and only if the connection still stands afterwards: the port of a peer that has
   * gone may be another's already. Undefined when it does not.
   *
   * Throws EPROTONOSUPPORT for a socket that is not a TCP socket, ENOTSOCK and EBADF for what is
   * no socket.
   */
  tcpPeerOwner(fd: number): number | undefined;
}

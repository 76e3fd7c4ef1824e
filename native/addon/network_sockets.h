/* network_sockets.h: the two sockets that are told of changes; one cannot have both protocols. */
#ifndef NODEMGR_ADDON_NETWORK_SOCKETS_H
#define NODEMGR_ADDON_NETWORK_SOCKETS_H

struct network_sockets {
  int route;     /* Interfaces, qdiscs, routes of IPv4 and IPv6. -1: not open. */
  int netfilter; /* nftables; -1: not open. */
};

/* Opens and subscribes both. 0 or an errno, and then none is open: EPERM without CAP_NET_ADMIN. */
int open_network_sockets(struct network_sockets *sockets);

/* Closes those that are open. */
void close_network_sockets(const struct network_sockets *sockets);

/*
 * 0 when `fd` is a netlink socket of `protocol`, otherwise an errno, EINVAL among them: whatever
 * else has that number by now is not ours to read from or to close.
 */
int check_netlink_protocol(int fd, int protocol);

#endif

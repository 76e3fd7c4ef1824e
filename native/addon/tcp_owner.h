/* tcp_owner.h: whose a TCP socket of this machine is, found by its two ends. */
#ifndef NODEMGR_ADDON_TCP_OWNER_H
#define NODEMGR_ADDON_TCP_OWNER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* One end of a connection: an IPv4 address as the IPv6 address that it maps to (::ffff:a.b.c.d). */
struct tcp_end {
  struct in6_addr address;
  in_port_t port; /* In network order, as everywhere. */
};

/*
 * Finds who owns the connected TCP socket of this network namespace whose own end is `local`, and
 * whose other end is `remote`. 0 and `*found`: false when there is none that a program holds, and
 * then nobody may be taken for its owner. Otherwise the errno of a question that failed.
 */
int find_tcp_owner(const struct tcp_end *local, const struct tcp_end *remote, bool *found,
                   uint32_t *uid);

/* Makes an end of an address of the family AF_INET or AF_INET6; false for any other. */
bool tcp_end_of(const struct sockaddr_storage *address, struct tcp_end *end);

#endif

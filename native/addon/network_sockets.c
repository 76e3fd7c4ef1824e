/* network_sockets.c: see network_sockets.h. Nothing here knows of JavaScript. */
#include "network_sockets.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network_changes.h"

/* A queue holds some thousands of the elements that an application of ours changes at once. */
enum { QUEUE_BYTES = 4 * 1024 * 1024 };

static int subscribe(int fd, const int *groups, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof groups[i]) != 0)
      return errno;
  }
  return 0;
}

/* Beyond the system's limit where the process may, up to it elsewhere. */
static int make_queue(int fd) {
  const int size = QUEUE_BYTES;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == 0) return 0;
  return setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0 ? 0 : errno;
}

/* Unbound it would have the kernel's own number, 0, and be left out of what the kernel tells. */
static int take_number(int fd) {
  const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
  return bind(fd, (const struct sockaddr *)&any, sizeof any) == 0 ? 0 : errno;
}

static int open_socket(int protocol, int *fd) {
  *fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (*fd == -1) return errno;
  const int error = make_queue(*fd);
  return error == 0 ? take_number(*fd) : error;
}

static int open_route(int *fd) {
  static const int GROUPS[] = {RTNLGRP_LINK, RTNLGRP_TC, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE};
  int error = open_socket(NETLINK_ROUTE, fd);
  if (error == 0) error = filter_route_messages(*fd);
  return error == 0 ? subscribe(*fd, GROUPS, sizeof GROUPS / sizeof GROUPS[0]) : error;
}

static int open_netfilter(int *fd) {
  static const int GROUPS[] = {NFNLGRP_NFTABLES};
  const int error = open_socket(NETLINK_NETFILTER, fd);
  return error == 0 ? subscribe(*fd, GROUPS, 1) : error;
}

void close_network_sockets(const struct network_sockets *sockets) {
  if (sockets->route != -1) close(sockets->route);
  if (sockets->netfilter != -1) close(sockets->netfilter);
}

int open_network_sockets(struct network_sockets *sockets) {
  *sockets = (struct network_sockets){-1, -1};
  int error = open_route(&sockets->route);
  if (error == 0) error = open_netfilter(&sockets->netfilter);
  if (error == 0) return 0;
  close_network_sockets(sockets);
  *sockets = (struct network_sockets){-1, -1};
  return error;
}

int check_netlink_protocol(int fd, int protocol) {
  int domain = 0, actual = 0;
  socklen_t size = sizeof domain;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return errno;
  size = sizeof actual;
  if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &actual, &size) != 0) return errno;
  return domain == AF_NETLINK && actual == protocol ? 0 : EINVAL;
}

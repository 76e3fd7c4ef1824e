/*
 * tcp_owner.c: the owner of a TCP socket by sock_diag(7), in one exact look-up of the kernel's
 * hash table, however many sockets there are.
 *
 * What the look-up finds is not always what was asked for, and of what no program holds the kernel
 * says that user 0, root, owns it. Hence every answer is refused that is not certainly a living
 * connection's: a listener on the same port (found when no connection is), a connection on its way
 * in, one that only waits for late packets (told with the state FIN_WAIT2 at times), and one that
 * its program has closed while data is under way: the last three have no inode.
 */
#include "tcp_owner.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>

#include "netlink.h"

/*
 * Both ends are this machine's, so their packets go through `lo`, which has this number in every
 * namespace. A socket that is bound to another interface is not at the end of such a connection,
 * and without a number none that is bound to any, `lo` included, is found.
 */
enum { LOOPBACK_INDEX = 1 };

struct owner_search {
  const struct tcp_end *local;
  const struct tcp_end *remote;
  bool found;
  uint32_t uid;
};

static bool same_end(const struct tcp_end *one, const struct tcp_end *other) {
  return one->port == other->port && IN6_ARE_ADDR_EQUAL(&one->address, &other->address);
}

static struct in6_addr mapped(struct in_addr address) {
  struct in6_addr result = {0};
  result.s6_addr[10] = 0xff;
  result.s6_addr[11] = 0xff;
  memcpy(&result.s6_addr[12], &address, sizeof address);
  return result;
}

bool tcp_end_of(const struct sockaddr_storage *address, struct tcp_end *end) {
  if (address->ss_family == AF_INET) {
    const struct sockaddr_in *narrow = (const void *)address;
    *end = (struct tcp_end){mapped(narrow->sin_addr), narrow->sin_port};
    return true;
  }
  if (address->ss_family != AF_INET6) return false;
  const struct sockaddr_in6 *wide = (const void *)address;
  *end = (struct tcp_end){wide->sin6_addr, wide->sin6_port};
  return true;
}

/* An end as the kernel tells it: IPv6 sockets have their mapped addresses, IPv4 ones the plain. */
static struct tcp_end told_end(uint8_t family, const __be32 *address, in_port_t port) {
  struct tcp_end end = {.port = port};
  struct in_addr narrow;
  memcpy(&narrow, address, sizeof narrow);
  if (family == AF_INET)
    end.address = mapped(narrow);
  else
    memcpy(&end.address, address, sizeof end.address);
  return end;
}

static bool is_connected(uint8_t state) {
  return state == TCP_ESTABLISHED || state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 ||
         state == TCP_CLOSE_WAIT;
}

static bool is_the_one(const struct inet_diag_msg *body, const struct owner_search *search) {
  const struct inet_diag_sockid *id = &body->id;
  const struct tcp_end local = told_end(body->idiag_family, id->idiag_src, id->idiag_sport);
  const struct tcp_end remote = told_end(body->idiag_family, id->idiag_dst, id->idiag_dport);
  return is_connected(body->idiag_state) && body->idiag_inode != 0 &&
         same_end(&local, search->local) && same_end(&remote, search->remote);
}

static void begin_search(void *context) {
  struct owner_search *search = context;
  search->found = false;
}

static int take_socket(const struct nlmsghdr *message, void *context) {
  struct owner_search *search = context;
  const struct inet_diag_msg *body = netlink_body(message, sizeof *body);
  if (body == NULL || message->nlmsg_type != SOCK_DIAG_BY_FAMILY) return EBADMSG;
  search->found = is_the_one(body, search);
  search->uid = body->idiag_uid;
  return 0;
}

/* Two mapped ends are looked for among IPv4's connections, those of IPv6 sockets included. */
int find_tcp_owner(const struct tcp_end *local, const struct tcp_end *remote, bool *found,
                   uint32_t *uid) {
  struct {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
  } request = {.header = {.nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY},
               .body = {.sdiag_family = AF_INET6,
                        .sdiag_protocol = IPPROTO_TCP,
                        .id = {.idiag_sport = local->port,
                               .idiag_dport = remote->port,
                               .idiag_if = LOOPBACK_INDEX,
                               .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}}};
  memcpy(request.body.id.idiag_src, &local->address, sizeof local->address);
  memcpy(request.body.id.idiag_dst, &remote->address, sizeof remote->address);

  struct owner_search search = {.local = local, .remote = remote};
  const struct netlink_reader reader = {begin_search, take_socket, &search};
  static _Thread_local struct netlink_kept kept = NETLINK_UNASKED;
  const int error = netlink_ask_kept(&kept, NETLINK_SOCK_DIAG, &request.header, &reader);
  *found = error == 0 && search.found;
  *uid = search.uid;
  return error == ENOENT ? 0 : error;
}

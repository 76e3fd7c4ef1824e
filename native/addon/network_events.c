/*
 * network_events.c: openNetworkEvents() -> { route, netfilter }, readNetworkEvents(events, table)
 * and closeNetworkEvents(events): the kernel's notifications of what changes in the network, kept
 * in two sockets' queues until they are asked for.
 */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "functions.h"
#include "js.h"
#include "netlink.h"
#include "network_changes.h"
#include "network_sockets.h"

/* At most so many of each queue a call. */
enum { DATAGRAMS_MAX = 4096 };

static napi_value sockets_object(napi_env env, const struct network_sockets *sockets) {
  napi_value object = js_object(env);
  return object != NULL && js_set(env, object, "route", js_integer(env, sockets->route)) &&
                 js_set(env, object, "netfilter", js_integer(env, sockets->netfilter))
             ? object
             : NULL;
}

napi_value open_network_events(napi_env env, napi_callback_info info) {
  if (!js_arguments(env, info, 0, NULL)) return NULL;
  struct network_sockets sockets;
  const int error = open_network_sockets(&sockets);
  napi_value result = error == 0 ? sockets_object(env, &sockets)
                                 : js_throw(env, error, "subscribe to the network's events");
  if (result == NULL) close_network_sockets(&sockets);
  return result;
}

/* Takes one descriptor out of what openNetworkEvents returned. */
static bool take_socket(napi_env env, napi_value events, const char *name, int protocol, int *fd) {
  napi_value value;
  if (!js_get(env, events, "network events", name, &value) || !js_fd(env, value, fd)) return false;
  const int error = check_netlink_protocol(*fd, protocol);
  if (error == 0) return true;
  js_throw(env, error, "network events, %s: file descriptor %d", name, *fd);
  return false;
}

static bool take_sockets(napi_env env, napi_value events, struct network_sockets *sockets) {
  return take_socket(env, events, "route", NETLINK_ROUTE, &sockets->route) &&
         take_socket(env, events, "netfilter", NETLINK_NETFILTER, &sockets->netfilter);
}

static void note_messages(int protocol, struct netlink_messages messages, const char *table,
                          struct network_changes *changes) {
  const struct nlmsghdr *message;
  while ((message = netlink_next(&messages)) != NULL) {
    if (protocol == NETLINK_ROUTE)
      note_route_message(message, changes);
    else
      note_nftables_message(message, table, changes);
  }
  if (messages.left != 0) changes->lost = true;
}

/* 0 or an errno that is not about single notifications. */
static int drain(int fd, int protocol, unsigned char *buffer, const char *table,
                 struct network_changes *changes) {
  for (unsigned taken = 0; taken < DATAGRAMS_MAX; taken++) {
    struct netlink_messages messages = {.at = buffer};
    const int error = netlink_receive(fd, MSG_DONTWAIT, buffer, &messages.left);
    if (error == EAGAIN) return 0;
    if (error == ENOBUFS || error == EMSGSIZE)
      changes->lost = true;
    else if (error != 0)
      return error;
    else
      note_messages(protocol, messages, table, changes);
  }
  /* A queue that overflows says so once, and drops silently until it has been emptied. */
  changes->lost = true;
  return 0;
}

static int drain_both(const struct network_sockets *sockets, const char *table,
                      struct network_changes *changes) {
  unsigned char *buffer = malloc(NETLINK_BUFFER_SIZE);
  if (buffer == NULL) return ENOMEM;
  int error = drain(sockets->route, NETLINK_ROUTE, buffer, table, changes);
  if (error == 0) error = drain(sockets->netfilter, NETLINK_NETFILTER, buffer, table, changes);
  free(buffer);
  return error;
}

static napi_value changes_object(napi_env env, const struct network_changes *changes) {
  napi_value object = js_object(env);
  return object != NULL && js_set(env, object, "links", js_boolean(env, changes->links)) &&
                 js_set(env, object, "routes", js_boolean(env, changes->routes)) &&
                 js_set(env, object, "qdiscs", js_boolean(env, changes->qdiscs)) &&
                 js_set(env, object, "table", js_boolean(env, changes->table)) &&
                 js_set(env, object, "lost", js_boolean(env, changes->lost))
             ? object
             : NULL;
}

napi_value read_network_events(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  struct network_sockets sockets;
  char table[NFT_TABLE_MAXNAMELEN];
  size_t length;
  if (!js_arguments(env, info, 2, arguments) || !take_sockets(env, arguments[0], &sockets) ||
      !js_string(env, arguments[1], "a table's name", ENAMETOOLONG, table, sizeof table, &length))
    return NULL;
  struct network_changes changes = {0};
  const int error = drain_both(&sockets, table, &changes);
  return error == 0 ? changes_object(env, &changes)
                    : js_throw(env, error, "read the network's events");
}

napi_value close_network_events(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct network_sockets sockets;
  if (!js_arguments(env, info, 1, &argument) || !take_sockets(env, argument, &sockets))
    return NULL;
  close_network_sockets(&sockets);
  return js_undefined(env);
}

/*
 * tcp_socket_owner.c: tcpSocketOwner(local, remote) -> uid or undefined, who owns the TCP socket of
 * this machine that has these two ends.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "functions.h"
#include "js.h"
#include "tcp_owner.h"

enum { PORT_MAX = 65535 };

/* IPv4 in dotted decimal or IPv6, as inet_ntop(3) writes them; no names, no zones. */
static bool address_of_text(const char *text, struct in6_addr *address) {
  if (inet_pton(AF_INET6, text, address) == 1) return true;
  struct sockaddr_storage storage = {.ss_family = AF_INET};
  struct tcp_end end;
  if (inet_pton(AF_INET, text, &((struct sockaddr_in *)&storage)->sin_addr) != 1) return false;
  if (!tcp_end_of(&storage, &end)) return false;
  *address = end.address;
  return true;
}

/* Takes { address, port }. `what` names the end in messages. */
static bool take_end(napi_env env, napi_value value, const char *what, struct tcp_end *end) {
  napi_value address, port;
  char text[INET6_ADDRSTRLEN];
  size_t length;
  uint64_t number;
  if (!js_get(env, value, what, "address", &address) || !js_get(env, value, what, "port", &port) ||
      !js_string(env, address, "an end's address", EINVAL, text, sizeof text, &length) ||
      !js_whole_number(env, port, "an end's port", PORT_MAX, &number))
    return false;
  end->port = htons((uint16_t)number);
  if (address_of_text(text, &end->address)) return true;
  js_throw(env, EINVAL, "%s: %s is no address of IPv4 or IPv6", what, text);
  return false;
}

napi_value tcp_socket_owner(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  struct tcp_end local, remote;
  if (!js_arguments(env, info, 2, arguments) ||
      !take_end(env, arguments[0], "the local end", &local) ||
      !take_end(env, arguments[1], "the remote end", &remote))
    return NULL;
  bool found;
  uint32_t uid;
  const int error = find_tcp_owner(&local, &remote, &found, &uid);
  if (error != 0) return js_throw(env, error, "look for the owner of a TCP socket");
  return found ? js_integer(env, uid) : js_undefined(env);
}

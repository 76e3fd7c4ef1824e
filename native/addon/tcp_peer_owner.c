/*
 * tcp_peer_owner.c: tcpPeerOwner(fd) -> uid or undefined, who owns the other end of a TCP
 * connection within this machine: what SO_PEERCRED is for Unix sockets.
 *
 * The look-up is by addresses, and a peer's port is free again for anybody once the peer has gone.
 * So the connection must still stand after the look-up. As long as it does, no second socket with
 * the peer's ends can be connected: its SYN gets an acknowledgement out of our connection (RFC
 * 5961, section 4), and the reset by which it answers that (RFC 9293, section 3.5.2) ends ours.
 */
#include <errno.h>
#include <sys/socket.h>

#include "functions.h"
#include "js.h"
#include "tcp_owner.h"

/* 0 when fd is a TCP socket, otherwise an errno. */
static int check_tcp(int fd) {
  int protocol = 0;
  socklen_t size = sizeof protocol;
  if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) != 0) return errno;
  return protocol == IPPROTO_TCP ? 0 : EPROTONOSUPPORT;
}

typedef int name_of_end(int fd, struct sockaddr *address, socklen_t *size);

static int read_end(int fd, name_of_end *name, struct tcp_end *end) {
  struct sockaddr_storage address = {0};
  socklen_t size = sizeof address;
  if (name(fd, (struct sockaddr *)&address, &size) != 0) return errno;
  return tcp_end_of(&address, end) ? 0 : EAFNOSUPPORT;
}

/* ENOTCONN when the connection has ended, before the look-up or meanwhile. */
static int find_peer(int fd, bool *found, uint32_t *uid) {
  struct tcp_end ours, peer;
  int error = check_tcp(fd);
  if (error == 0) error = read_end(fd, getsockname, &ours);
  if (error == 0) error = read_end(fd, getpeername, &peer);
  if (error == 0) error = find_tcp_owner(&peer, &ours, found, uid);
  return error == 0 ? read_end(fd, getpeername, &peer) : error;
}

napi_value tcp_peer_owner(napi_env env, napi_callback_info info) {
  napi_value argument;
  int fd;
  if (!js_arguments(env, info, 1, &argument) || !js_fd(env, argument, &fd)) return NULL;
  bool found = false;
  uint32_t uid = 0;
  const int error = find_peer(fd, &found, &uid);
  if (error == ENOTCONN) return js_undefined(env);
  if (error != 0) return js_throw(env, error, "the peer's owner of file descriptor %d", fd);
  return found ? js_integer(env, uid) : js_undefined(env);
}

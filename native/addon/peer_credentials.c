/*
 * peer_credentials.c: peerCredentials(fd) -> { pid, uid, gid }, who is at the other end of
 * a Unix socket, as the kernel noted it when they connected (SO_PEERCRED, unix(7)).
 *
 * Whoever calls this decides by its answer what the peer may do, so an answer that is not
 * certainly the peer's is refused: on TCP the kernel says (0, -1, -1), on a socket without
 * a peer too, and on a listening socket it says who listens.
 */
#include <errno.h>
#include <sys/socket.h>

#include "functions.h"
#include "js.h"

/* Reads an integer socket option; -1 and errno when there is none. */
static int socket_option(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

/* 0 and the peer's credentials, or the errno that says why there are none. */
static int find_peer(int fd, struct ucred *peer) {
  const int domain = socket_option(fd, SO_DOMAIN);
  if (domain == -1) return errno;
  if (domain != AF_UNIX) return EAFNOSUPPORT;
  if (socket_option(fd, SO_ACCEPTCONN) != 0) return ENOTCONN;

  socklen_t size = sizeof *peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) != 0) return errno;
  if (size != sizeof *peer || peer->uid == (uid_t)-1 || peer->gid == (gid_t)-1) return ENOTCONN;
  return 0;
}

static bool set_integer(napi_env env, napi_value object, const char *name, long long value) {
  napi_value number = js_integer(env, value);
  return number != NULL && napi_set_named_property(env, object, name, number) == napi_ok;
}

napi_value peer_credentials(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  int fd;
  if (!js_arguments(env, info, 1, &argument) || !js_fd(env, argument, &fd)) return NULL;

  struct ucred peer = {0};
  const int error = find_peer(fd, &peer);
  if (error != 0) return js_throw(env, error, "peer credentials of file descriptor %d", fd);

  if (napi_create_object(env, &result) != napi_ok || !set_integer(env, result, "pid", peer.pid) ||
      !set_integer(env, result, "uid", peer.uid) || !set_integer(env, result, "gid", peer.gid))
    return js_throw_engine(env);
  return result;
}

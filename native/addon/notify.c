/*
 * notify.c: notify(socketPath, message), one datagram to the service manager, as
 * sd_notify(3) describes it. It never waits: a manager that does not read must not stop a
 * daemon, so a full queue is EAGAIN and the caller's next ping tries again.
 */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "functions.h"
#include "js.h"

/* systemd reads at most this much of a message and drops a longer one. */
enum { NOTIFY_MESSAGE_MAX = PIPE_BUF };

/*
 * '/run/…' is a path, '@name' an abstract name (its first byte is NUL, and its length, not
 * a terminator, says where it ends). Anything else, 'vsock:…' among it, is EAFNOSUPPORT.
 */
static int notify_address(const char *path, size_t length, struct sockaddr_un *address,
                          socklen_t *size) {
  if (path[0] != '/' && path[0] != '@') return EAFNOSUPPORT;
  if (path[0] == '@' && length == 1) return EINVAL;
  /* Only an abstract name may fill all of sun_path. */
  if (length >= sizeof address->sun_path + (path[0] == '@' ? 1 : 0)) return ENAMETOOLONG;

  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  if (path[0] == '@') address->sun_path[0] = '\0';
  *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (path[0] == '/' ? 1 : 0));
  return 0;
}

/* 0 when the datagram is in the manager's queue, otherwise an errno. */
static int send_datagram(const struct sockaddr_un *address, socklen_t size, const char *message,
                         size_t length) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd == -1) return errno;
  ssize_t sent;
  do {
    sent = sendto(fd, message, length, MSG_NOSIGNAL, (const struct sockaddr *)address, size);
  } while (sent == -1 && errno == EINTR);
  const int error = sent == -1 ? errno : 0;
  close(fd);
  return error;
}

napi_value notify(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
  char message[NOTIFY_MESSAGE_MAX + 1];
  size_t path_length, message_length;
  if (!js_arguments(env, info, 2, arguments) ||
      !js_string(env, arguments[0], "the notify socket's path", ENAMETOOLONG, path, sizeof path,
                 &path_length) ||
      !js_string(env, arguments[1], "a notify message", EMSGSIZE, message, sizeof message,
                 &message_length))
    return NULL;

  struct sockaddr_un address;
  socklen_t size = 0;
  int error = notify_address(path, path_length, &address, &size);
  if (error == 0) error = send_datagram(&address, size, message, message_length);
  if (error != 0) return js_throw(env, error, "notify the service manager at %s", path);
  return js_undefined(env);
}

/*
 * api_exchange.c: see api_exchange.h.
 *
 * Sending and receiving happen side by side: a server that refuses the request before it
 * has read it all (413) answers and closes, and that answer is the reason to report, not
 * the broken pipe that follows it.
 */
#include "api_exchange.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "http_answer.h"
#include "timed_io.h"

/* One exchange: where, how long, and how far it has come. */
struct exchange {
  const char *socket_path;
  int seconds;
  deadline until;
  int fd;
  struct bytes request;
  size_t sent; /* The whole length, too, once the server reads no more. */
  struct http_answer answer;
};

static bool timed_out(const struct exchange *call, struct failure *why) {
  return fail(why, "no complete answer from the API at %s within %d s", call->socket_path,
              call->seconds);
}

static bool broken(const struct exchange *call, const char *doing, struct failure *why) {
  return fail(why, "%s the API at %s: %s", doing, call->socket_path, strerror(errno));
}

static bool write_request(struct exchange *call, const struct bytes *xml, struct failure *why) {
  char head[160];
  const int length = snprintf(head, sizeof head,
                              "POST /RPC2 HTTP/1.1\r\n"
                              "Host: localhost\r\n"
                              "Content-Type: text/xml\r\n"
                              "Content-Length: %zu\r\n"
                              "Connection: close\r\n"
                              "\r\n",
                              xml->length);
  return (bytes_append(&call->request, head, (size_t)length) &&
          bytes_append(&call->request, xml->data, xml->length)) ||
         fail(why, "out of memory");
}

/*
 * Connecting blocks for as long as the server's queue is full, and the kernel wakes it when
 * there is room; a non-blocking connect would get EAGAIN and nothing to poll for (unix(7)).
 * The socket's send time-out bounds the wait. 1 ms is added because 0 means no bound.
 */
static int connect_before(int fd, const struct sockaddr_un *address, deadline until) {
  for (;;) {
    const int left = deadline_left(until) + 1;
    const struct timeval bound = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound) == -1) return -1;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0) return 0;
    if (errno != EINTR) return -1;
  }
}

static bool open_connection(struct exchange *call, struct failure *why) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const size_t length = strlen(call->socket_path);
  if (length == 0 || length >= sizeof address.sun_path)
    return fail(why, "the API's socket path has %zu bytes: 1 to %zu fit", length,
                sizeof address.sun_path - 1);
  memcpy(address.sun_path, call->socket_path, length);

  call->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (call->fd == -1) return broken(call, "cannot make a socket for", why);
  if (connect_before(call->fd, &address, call->until) == 0) return true;
  return errno == EAGAIN ? timed_out(call, why) : broken(call, "cannot connect to", why);
}

/* Nothing to do now, though poll(2) said so. */
static bool not_yet(void) { return errno == EAGAIN || errno == EINTR; }

static bool receive_some(struct exchange *call, struct failure *why) {
  char buffer[64 * 1024];
  const ssize_t got = recv(call->fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got > 0) return http_answer_feed(&call->answer, buffer, (size_t)got, why);
  if (got == 0) return http_answer_end(&call->answer, why);
  return not_yet() || broken(call, "cannot read the answer of", why);
}

static bool send_some(struct exchange *call, struct failure *why) {
  const ssize_t put = send(call->fd, call->request.data + call->sent,
                           call->request.length - call->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (put >= 0) {
    call->sent += (size_t)put;
    return true;
  }
  /* The server reads no more of the request; what it has to say about that is still to come. */
  if (errno == EPIPE || errno == ECONNRESET) {
    call->sent = call->request.length;
    return true;
  }
  return not_yet() || broken(call, "cannot send the request to", why);
}

/* One turn: waits, takes what has come of the answer, sends what fits of the request. */
static bool advance(struct exchange *call, struct failure *why) {
  const bool sending = call->sent < call->request.length;
  const short events = (short)(sending ? POLLIN | POLLOUT : POLLIN);
  const int ready = wait_ready(call->fd, events, call->until);
  if (ready == 0) return timed_out(call, why);
  if (ready == -1) return broken(call, "cannot wait for", why);
  if ((ready & ~POLLOUT) != 0 && !receive_some(call, why)) return false;
  if (call->answer.phase == HTTP_WHOLE || !sending || (ready & POLLOUT) == 0) return true;
  return send_some(call, why);
}

static bool run_exchange(struct exchange *call, const struct bytes *xml, struct failure *why) {
  if (!write_request(call, xml, why) || !open_connection(call, why)) return false;
  while (call->answer.phase != HTTP_WHOLE)
    if (!advance(call, why)) return false;
  return call->answer.body.length > 0 || fail(why, "the API answered with an empty document");
}

bool ask_api(const char *socket_path, int seconds, const struct bytes *xml, struct bytes *answer,
             struct failure *why) {
  struct exchange call = {
      .socket_path = socket_path, .seconds = seconds, .until = deadline_in(seconds), .fd = -1};
  const bool answered = run_exchange(&call, xml, why);
  if (call.fd != -1) close(call.fd);
  bytes_free(&call.request);
  if (answered)
    *answer = call.answer.body;
  else
    bytes_free(&call.answer.body);
  return answered;
}

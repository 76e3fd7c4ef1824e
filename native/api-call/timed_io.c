/* timed_io.c: see timed_io.h. */
#include "timed_io.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

static int64_t now_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now); /* Cannot fail: the clock always exists on Linux. */
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

deadline deadline_in(int seconds) { return now_milliseconds() + (int64_t)seconds * 1000; }

int deadline_left(deadline until) {
  const int64_t left = until - now_milliseconds();
  if (left <= 0) return 0;
  return left > INT_MAX ? INT_MAX : (int)left;
}

/* The deadline is looked at before readiness: one that drips bytes for ever ends too. */
int wait_ready(int fd, short events, deadline until) {
  for (;;) {
    const int left = deadline_left(until);
    if (left == 0) return 0;
    struct pollfd waiting = {.fd = fd, .events = events};
    const int ready = poll(&waiting, 1, left);
    if (ready > 0) return waiting.revents;
    if (ready == -1 && errno != EINTR) return -1;
  }
}

static bool try_again(void) { return errno == EINTR || errno == EAGAIN; }

ssize_t read_some(int fd, char *buffer, size_t size, deadline until) {
  for (;;) {
    const int ready = wait_ready(fd, POLLIN, until);
    if (ready == 0) errno = ETIMEDOUT;
    if (ready <= 0) return -1;
    const ssize_t got = read(fd, buffer, size);
    if (got >= 0 || !try_again()) return got;
  }
}

/* At most PIPE_BUF bytes: poll(2) promises no more room than that in a blocking pipe. */
static ssize_t write_some(int fd, const char *data, size_t length, deadline until) {
  for (;;) {
    const int ready = wait_ready(fd, POLLOUT, until);
    if (ready == 0) errno = ETIMEDOUT;
    if (ready <= 0) return -1;
    const ssize_t put = write(fd, data, length < PIPE_BUF ? length : PIPE_BUF);
    if (put >= 0 || !try_again()) return put;
  }
}

bool write_all(int fd, const char *data, size_t length, int stall_seconds) {
  while (length > 0) {
    const ssize_t put = write_some(fd, data, length, deadline_in(stall_seconds));
    if (put == -1) return false;
    data += put;
    length -= (size_t)put;
  }
  return true;
}

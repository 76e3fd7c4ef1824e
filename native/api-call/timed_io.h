/*
 * timed_io.h: reading and writing that end in time. Deadlines are moments of the monotonic
 * clock, so that setting the machine's clock neither hastens nor delays one.
 */
#ifndef NODEMGR_TIMED_IO_H
#define NODEMGR_TIMED_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A moment, in milliseconds of CLOCK_MONOTONIC. */
typedef int64_t deadline;

deadline deadline_in(int seconds);

/* Milliseconds from now to the deadline, never below 0. */
int deadline_left(deadline until);

/*
 * Waits until one of `events` (poll(2)) can be served without blocking, or the other end is
 * gone. Returns what is ready; 0 when the deadline passed first; -1 and errno.
 */
int wait_ready(int fd, short events, deadline until);

/*
 * Reads what there is, at most `size` bytes, waiting for the first of them. Returns their
 * number; 0 at the end; -1 and errno, ETIMEDOUT when the deadline passed.
 */
ssize_t read_some(int fd, char *buffer, size_t size, deadline until);

/*
 * Writes all of it. False and errno when that fails; ETIMEDOUT when the reader took nothing
 * for `stall_seconds` (a slow reader of a long answer may take as long as it needs).
 */
bool write_all(int fd, const char *data, size_t length, int stall_seconds);

#endif

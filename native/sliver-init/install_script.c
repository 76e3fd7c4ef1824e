/* install_script.c: see install_script.h. */
#include "install_script.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 16 * 1024 };

/* O_NONBLOCK: a pipe in the file's place is not waited for; reading one finds it no file. */
static int open_regular(const char *path) {
  struct stat status;
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  if (fd == -1) return -1;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) return fd;
  close(fd);
  errno = EINVAL;
  return -1;
}

/* A full disk takes a part of what is written, and says why only when asked to take the rest. */
static bool write_all(int fd, const char *data, size_t length) {
  while (length > 0) {
    const ssize_t put = write(fd, data, length);
    if (put < 0) return false;
    data += put;
    length -= (size_t)put;
  }
  return true;
}

static bool copy(int from, int to) {
  char chunk[CHUNK];
  ssize_t got;
  while ((got = read(from, chunk, sizeof chunk)) > 0)
    if (!write_all(to, chunk, (size_t)got)) return false;
  return got == 0;
}

static bool same_bytes(int one, int other) {
  char chunk[CHUNK], other_chunk[CHUNK];
  ssize_t got;
  do {
    got = read(one, chunk, sizeof chunk);
    if (got < 0 || read(other, other_chunk, sizeof chunk) != got) return false;
    if (memcmp(chunk, other_chunk, (size_t)got) != 0) return false;
  } while (got > 0);
  return true;
}

static bool is_installed(int source, const char *target) {
  struct stat status;
  const int fd = open_regular(target);
  if (fd == -1) return false;
  const bool same = fstat(fd, &status) == 0 && (status.st_mode & 07777) == 0755 &&
                    same_bytes(source, fd);
  close(fd);
  return same;
}

/* Closing is checked too: a disk quota may say no only then. */
static bool write_new(int source, const char *path) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
  if (fd == -1) return false;
  const bool written = copy(source, fd) && fchmod(fd, 0755) == 0;
  return close(fd) == 0 && written;
}

static bool replace(int source, const char *target) {
  char new_path[PATH_MAX];
  snprintf(new_path, sizeof new_path, "%s.new", target);
  unlink(new_path); /* Of a start that was cut short. */
  if (lseek(source, 0, SEEK_SET) == 0 && write_new(source, new_path) &&
      rename(new_path, target) == 0)
    return true;
  const int error = errno;
  unlink(new_path);
  errno = error;
  return false;
}

static enum script take_away(const char *target) {
  return unlink(target) == 0 || errno == ENOENT ? SCRIPT_NONE : SCRIPT_BROKEN;
}

enum script install_script(const char *source, const char *target) {
  const int fd = open_regular(source);
  if (fd == -1) return errno == ENOENT ? take_away(target) : SCRIPT_BROKEN;
  const bool installed = is_installed(fd, target) || replace(fd, target);
  const int error = errno;
  close(fd);
  errno = error;
  return installed ? SCRIPT_READY : SCRIPT_BROKEN;
}

/*
 * login_note.c: see login_note.h. The note lies beside our record of the account, in a folder of
 * root's. It may quote what others have said, so nothing is left in it that a terminal obeys.
 */
#include "login_note.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../api-call/failure.h"
#include "../sliver/places.h"

#define OF_ACCOUNT NODEMGR_STATE_DIR "/accounts/%s"

enum { PATH_SIZE = 256, FILE_MAX = 512 };

static bool is_roots_alone(const struct stat *status) {
  return S_ISREG(status->st_mode) && status->st_uid == 0 &&
         (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* O_NONBLOCK: a pipe put in the file's place is not waited for. */
static bool read_file(const char *path, char text[FILE_MAX + 1]) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd == -1) return false;
  struct stat status;
  const bool trusted = fstat(fd, &status) == 0 && is_roots_alone(&status);
  const ssize_t got = trusted ? read(fd, text, FILE_MAX) : -1;
  close(fd);
  if (got <= 0) return false;
  text[got] = '\0';
  return true;
}

static bool is_cause(const char *line, const char *cause) {
  const size_t length = strlen(cause);
  return strncmp(line, cause, length) == 0 && line[length] == ' ';
}

/* Starting a sliver that is disabled, that rests for leases or that goes makes it run no sooner. */
static bool outlasts_start(const char *line) {
  return is_cause(line, "disabled") || is_cause(line, "leases") || is_cause(line, "removal");
}

bool read_login_note(const char *name, struct login_note *note) {
  char path[PATH_SIZE], text[FILE_MAX + 1];
  snprintf(path, sizeof path, OF_ACCOUNT ".login", name);
  if (!read_file(path, text)) return false;
  const size_t length = strcspn(text, "\n");
  if (length == 0 || length > NOTE_LINE_MAX || text[length] != '\n') return false;
  memcpy(note->line, text, length);
  note->line[length] = '\0';
  make_printable(note->line);
  const char *second = text + length + 1;
  note->outlasts_start = outlasts_start(second);
  note->has_expired = is_cause(second, "expired");
  return true;
}

/* Whether it has never been started to the end: then account-supervisor counts no starts yet. */
static bool is_being_made(const char *name, char since[32]) {
  char path[PATH_SIZE];
  struct stat status;
  struct tm utc;
  snprintf(path, sizeof path, OF_ACCOUNT ".starts", name);
  if (lstat(path, &status) == 0) return false;
  snprintf(path, sizeof path, OF_ACCOUNT ".json", name);
  if (lstat(path, &status) != 0 || gmtime_r(&status.st_mtime, &utc) == NULL) return false;
  return strftime(since, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0;
}

void describe_absence(const char *name, const char *reason, char text[ABSENCE_MAX]) {
  struct login_note note;
  char since[32];
  if (read_login_note(name, &note)) snprintf(text, ABSENCE_MAX, "%s %s", name, note.line);
  else if (is_being_made(name, since))
    snprintf(text, ABSENCE_MAX, "%s is being made since %s; try again in a moment", name, since);
  else snprintf(text, ABSENCE_MAX, "%s %s; try again in a moment", name, reason);
}

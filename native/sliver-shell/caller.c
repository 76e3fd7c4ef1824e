/*
 * caller.c: see caller.h.
 *
 * passwd, shadow and subuid are read as files (passwd(5), shadow(5), subuid(5)), not through
 * the name service switch: our accounts are never anywhere else, and no module's code then
 * runs in a setuid program.
 */
#include "caller.h"

#include <fcntl.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../sliver/id_range.h"
#include "../sliver/places.h"
#include "login_note.h"
#include "refuse.h"

#define SLIVER_SHELL NODEMGR_LIB_DIR "/sliver-shell"

enum { SECONDS_A_DAY = 24 * 60 * 60 };

static FILE *open_file(const char *path) {
  FILE *file = fopen(path, "re");
  if (file == NULL) refuse_errno("cannot read %s", path);
  return file;
}

/* An account whose user id another has too is nobody's, and so is one with another shell. */
static void find_account(struct caller *caller) {
  FILE *accounts = open_file(NODEMGR_ETC_DIR "/passwd");
  int found = 0;
  bool ours = false;
  for (struct passwd *entry; (entry = fgetpwent(accounts)) != NULL;) {
    if (entry->pw_uid != caller->uid) continue;
    found++;
    ours = strcmp(entry->pw_shell, SLIVER_SHELL) == 0 && is_sliver_name(entry->pw_name);
    if (ours) snprintf(caller->name, sizeof caller->name, "%s", entry->pw_name);
  }
  fclose(accounts);
  if (found != 1 || !ours) refuse("user id %u has no sliver on this node", caller->uid);
}

/* Our record says that the account was made by the node manager and not by a person. */
static void require_record(const char *name) {
  char path[256];
  struct stat record;
  snprintf(path, sizeof path, NODEMGR_STATE_DIR "/accounts/%s.json", name);
  if (lstat(path, &record) != 0 || !S_ISREG(record.st_mode) || record.st_uid != 0 ||
      (record.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    refuse("%s is not a sliver of this node", name);
}

/* Refuses in the words of the note on the sliver, where there is one. */
static void refuse_as_noted(const char *name) {
  struct login_note note;
  if (read_login_note(name, &note)) refuse("%s %s", name, note.line);
}

/* An expired sliver has no ids any more by which a container could be looked for. */
static void require_unexpired(const char *name) {
  struct login_note note;
  if (read_login_note(name, &note) && note.has_expired) refuse("%s %s", name, note.line);
}

/* As pam_unix(8) reads the field: the account has expired when that day has come. */
static bool has_expired(const struct spwd *entry) {
  return entry->sp_expire >= 0 && time(NULL) / SECONDS_A_DAY >= entry->sp_expire;
}

/* A renewed sliver is without them for as long as somebody else has ids of its range: that is noted. */
static void require_id_range(struct caller *caller) {
  FILE *ranges = open_file(NODEMGR_ETC_DIR "/subuid");
  const bool found = find_id_range(ranges, caller->name, &caller->base);
  fclose(ranges);
  if (found) return;
  refuse_as_noted(caller->name);
  refuse("%s has no range of 65536 ids in subuid(5)", caller->name);
}

struct caller find_caller(void) {
  struct caller caller = {.uid = getuid()};
  if (geteuid() != 0) refuse("is not installed setuid root");
  find_account(&caller);
  require_record(caller.name);
  require_unexpired(caller.name);
  require_id_range(&caller);
  return caller;
}

void require_login_allowed(const char *name) {
  FILE *entries = open_file(NODEMGR_ETC_DIR "/shadow");
  bool allowed = false;
  for (struct spwd *entry; (entry = fgetspent(entries)) != NULL;)
    if (strcmp(entry->sp_namp, name) == 0) {
      allowed = !has_expired(entry);
      break;
    }
  fclose(entries);
  if (allowed) return;
  refuse_as_noted(name);
  refuse("login to %s is disabled", name);
}

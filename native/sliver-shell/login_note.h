/*
 * login_note.h: what account-supervisor has noted of a sliver that cannot be entered (its
 * login-note.ts): a line for people, and below it a word for the cause. Without a note there are
 * general words.
 */
#ifndef NODEMGR_LOGIN_NOTE_H
#define NODEMGR_LOGIN_NOTE_H

#include <stdbool.h>

enum {
  NOTE_LINE_MAX = 360,
  /* A name, a space, and a line; refuse() has room for it. */
  ABSENCE_MAX = 32 + 1 + NOTE_LINE_MAX + 1,
};

struct login_note {
  char line[NOTE_LINE_MAX + 1]; /* To follow the sliver's name in a message; printable ASCII. */
  bool outlasts_start;          /* It is about what Start does not change. */
  bool has_expired;             /* Of the sliver no more is left than its account and kept files. */
};

/*
 * Reads the note on the sliver `name`. False when there is none that root alone could have
 * written. Works with the rights of the sliver's account too.
 */
bool read_login_note(const char *name, struct login_note *note);

/* Writes why `name` cannot be entered: the note, or else `reason` (of find_container). */
void describe_absence(const char *name, const char *reason, char text[ABSENCE_MAX]);

#endif

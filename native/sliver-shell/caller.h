/*
 * caller.h: who has started sliver-shell, and whether this account may log in to its sliver
 * now. Only what the kernel says (the real user id) and root's own files are asked.
 */
#ifndef NODEMGR_CALLER_H
#define NODEMGR_CALLER_H

#include <sys/types.h>

#include "../sliver/identity.h"

struct caller {
  uid_t uid;                      /* Of the account, outside. */
  uid_t base;                     /* Root's id inside, as the node sees it. */
  char name[SLIVER_NAME_MAX + 1]; /* Of the account and its sliver. */
};

/* Names the caller, or refuses; whose sliver has expired, in the words of the note on it. */
struct caller find_caller(void);

/* Refuses unless logins to the account `name` are let in, by the note on it where there is one. */
void require_login_allowed(const char *name);

#endif

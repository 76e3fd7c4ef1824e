/* network_changes.h: what the kernel's notifications say of the network. */
#ifndef NODEMGR_ADDON_NETWORK_CHANGES_H
#define NODEMGR_ADDON_NETWORK_CHANGES_H

#include <linux/netlink.h>
#include <stdbool.h>

struct network_changes {
  bool links;  /* An interface came, went or is not what it was. */
  bool routes; /* A default route of the main table, of either family. */
  bool qdiscs; /* A root qdisc: one with a handle came, or any went. */
  bool table;  /* Our nftables table, but for the elements of its sets. */
  bool lost;   /* Notifications were lost: anything may have happened. */
};

/* Adds what a message of rtnetlink(7) says. */
void note_route_message(const struct nlmsghdr *message, struct network_changes *changes);

/* Adds what a message of nftables says of the table `table` of the family `inet`. */
void note_nftables_message(const struct nlmsghdr *message, const char *table,
                           struct network_changes *changes);

/*
 * Lets only what note_route_message looks at into the socket's queue: an application of
 * thousands of classes tells of every one of them. 0 or an errno.
 */
int filter_route_messages(int fd);

#endif

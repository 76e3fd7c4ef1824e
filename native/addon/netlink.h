/*
 * netlink.h: one question to the kernel over netlink(7) and its whole answer, and attributes
 * read without trusting a length. Nothing here knows what is asked, nor of JavaScript.
 *
 * Functions that return an int return 0 or an errno.
 */
#ifndef NODEMGR_ADDON_NETLINK_H
#define NODEMGR_ADDON_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel makes no part of a dump longer than 32 KiB (netlink_dump(), af_netlink.c). */
enum { NETLINK_BUFFER_SIZE = 64 * 1024 };

/* Who takes an answer's messages, one by one. */
struct netlink_reader {
  /* Forgets what it has taken: the dump begins (again). */
  void (*begin)(void *context);
  /* Anything but 0 ends the reading with that errno. */
  int (*take)(const struct nlmsghdr *message, void *context);
  void *context;
};

/*
 * Sends `request` on a socket of its own and hands over the answer: one message, or with
 * NLM_F_DUMP all of them. The kernel answers within the call; a guard of some seconds makes a
 * kernel that does not an ETIMEDOUT.
 *
 * A dump that the kernel calls inconsistent (NLM_F_DUMP_INTR) is asked for again, at most five
 * times: then EAGAIN. EBADMSG when a length in the answer is wrong; else the kernel's own error.
 */
int netlink_ask(int protocol, struct nlmsghdr *request, const struct netlink_reader *reader);

/* A socket for short questions that come often. One that has not asked yet has NETLINK_UNASKED. */
struct netlink_kept {
  int fd;
  uint32_t sequence;
  unsigned char *buffer;
};
#define NETLINK_UNASKED {.fd = -1}

/*
 * Like netlink_ask() for a question that is no dump, on a socket that stays open for the next one. It is
 * replaced after a failure, and the question that failed on one that was kept is asked once more.
 */
int netlink_ask_kept(struct netlink_kept *kept, int protocol, struct nlmsghdr *request,
                     const struct netlink_reader *reader);

/*
 * Takes one datagram of at most NETLINK_BUFFER_SIZE bytes; `*length` is 0 for one that the
 * kernel did not send. EMSGSIZE when it was longer, ENOBUFS when some were dropped before it.
 */
int netlink_receive(int fd, int flags, unsigned char *buffer, size_t *length);

/* Bytes that are messages, from `at` on. */
struct netlink_messages {
  const unsigned char *at;
  size_t left;
};

/* The next message; NULL at the end, and then `left` is 0 unless what is left is no message. */
const struct nlmsghdr *netlink_next(struct netlink_messages *messages);

/* What follows a message's header: NULL when it has less than `size` bytes. */
const void *netlink_body(const struct nlmsghdr *message, size_t size);

/*
 * Sorts the attributes that follow a body of `size` bytes into `found`, which has `most` + 1
 * places: found[type], NULL where there is none. What is cut off or of a higher type is passed over.
 */
void netlink_attributes(const struct nlmsghdr *message, size_t size, const struct nlattr **found,
                        size_t most);

/* Likewise for those within `attribute`, which may be NULL. */
void netlink_nested(const struct nlattr *attribute, const struct nlattr **found, size_t most);

/* Copies the first `size` bytes of a value; false when `attribute` is NULL or has fewer. */
bool netlink_value(const struct nlattr *attribute, void *value, size_t size);

/* The text of an attribute as long as it is within `most` bytes, NUL included; else NULL. */
const char *netlink_text(const struct nlattr *attribute, size_t most);

#endif

/*
 * netlink_messages.c: messages and their attributes, taken out of bytes whose every length is
 * checked before it is believed. See netlink.h.
 */
#include <string.h>

#include "netlink.h"

static const size_t MESSAGE_HEADER = NLMSG_ALIGN(sizeof(struct nlmsghdr));
static const size_t ATTRIBUTE_HEADER = sizeof(struct nlattr);

static size_t aligned(size_t length) {
  return (length + NLA_ALIGNTO - 1) / NLA_ALIGNTO * NLA_ALIGNTO;
}

const struct nlmsghdr *netlink_next(struct netlink_messages *messages) {
  if (messages->left < MESSAGE_HEADER) return NULL;
  const struct nlmsghdr *message = (const void *)messages->at;
  if (message->nlmsg_len < MESSAGE_HEADER || message->nlmsg_len > messages->left) return NULL;
  const size_t whole = aligned(message->nlmsg_len);
  const size_t step = whole < messages->left ? whole : messages->left;
  messages->at += step;
  messages->left -= step;
  return message;
}

const void *netlink_body(const struct nlmsghdr *message, size_t size) {
  if (message->nlmsg_len < MESSAGE_HEADER + size) return NULL;
  return (const unsigned char *)message + MESSAGE_HEADER;
}

static void sort_attributes(const unsigned char *at, size_t left, const struct nlattr **found,
                            size_t most) {
  while (left >= ATTRIBUTE_HEADER) {
    const struct nlattr *attribute = (const void *)at;
    if (attribute->nla_len < ATTRIBUTE_HEADER || attribute->nla_len > left) return;
    const size_t type = attribute->nla_type & (uint16_t)NLA_TYPE_MASK;
    if (type <= most) found[type] = attribute;
    const size_t whole = aligned(attribute->nla_len);
    if (whole >= left) return;
    at += whole;
    left -= whole;
  }
}

void netlink_attributes(const struct nlmsghdr *message, size_t size, const struct nlattr **found,
                        size_t most) {
  const size_t before = MESSAGE_HEADER + aligned(size);
  memset(found, 0, (most + 1) * sizeof(const struct nlattr *));
  if (message->nlmsg_len <= before) return;
  sort_attributes((const unsigned char *)message + before, message->nlmsg_len - before, found,
                  most);
}

void netlink_nested(const struct nlattr *attribute, const struct nlattr **found, size_t most) {
  memset(found, 0, (most + 1) * sizeof(const struct nlattr *));
  if (attribute == NULL) return;
  sort_attributes((const unsigned char *)attribute + ATTRIBUTE_HEADER,
                  attribute->nla_len - ATTRIBUTE_HEADER, found, most);
}

bool netlink_value(const struct nlattr *attribute, void *value, size_t size) {
  if (attribute == NULL || attribute->nla_len < ATTRIBUTE_HEADER + size) return false;
  /* A value of 64 bits need not be aligned to more than 32. */
  memcpy(value, (const unsigned char *)attribute + ATTRIBUTE_HEADER, size);
  return true;
}

const char *netlink_text(const struct nlattr *attribute, size_t most) {
  if (attribute == NULL) return NULL;
  const size_t length = attribute->nla_len - ATTRIBUTE_HEADER;
  const char *text = (const char *)attribute + ATTRIBUTE_HEADER;
  return memchr(text, '\0', length < most ? length : most) == NULL ? NULL : text;
}

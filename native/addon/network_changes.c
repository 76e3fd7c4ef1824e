/* network_changes.c: see network_changes.h. */
#include "network_changes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"

static bool is_main_default(const struct nlmsghdr *message) {
  const struct rtmsg *body = netlink_body(message, sizeof *body);
  if (body == NULL || body->rtm_dst_len != 0) return false;
  const struct nlattr *found[RTA_MAX + 1];
  netlink_attributes(message, sizeof *body, found, RTA_MAX);
  /* rtm_table has 8 bits; the attribute is there for the tables beyond them. */
  uint32_t table;
  if (!netlink_value(found[RTA_TABLE], &table, sizeof table)) table = body->rtm_table;
  return table == RT_TABLE_MAIN;
}

/* The kernel's own roots have no handle; that one took another's place is told by the other's end. */
static bool is_root_qdisc(const struct nlmsghdr *message) {
  const struct tcmsg *body = netlink_body(message, sizeof *body);
  if (body == NULL || body->tcm_parent != TC_H_ROOT) return false;
  return message->nlmsg_type == RTM_DELQDISC || body->tcm_handle != 0;
}

void note_route_message(const struct nlmsghdr *message, struct network_changes *changes) {
  switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      changes->links = true;
      break;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      changes->routes = changes->routes || is_main_default(message);
      break;
    case RTM_NEWQDISC:
    case RTM_DELQDISC:
      changes->qdiscs = changes->qdiscs || is_root_qdisc(message);
      break;
    default:
      break;
  }
}

/* The elements of sets and maps are data; a generation's number comes with every change of anyone. */
static bool is_of_a_table(uint16_t type) {
  return type != NFT_MSG_NEWSETELEM && type != NFT_MSG_DELSETELEM && type != NFT_MSG_NEWGEN;
}

void note_nftables_message(const struct nlmsghdr *message, const char *table,
                           struct network_changes *changes) {
  /* The first attribute of tables, chains, rules, sets, objects and flow tables alike. */
  enum { TABLE_NAME = NFTA_TABLE_NAME };
  const struct nfgenmsg *body = netlink_body(message, sizeof *body);
  if (body == NULL || NFNL_SUBSYS_ID(message->nlmsg_type) != NFNL_SUBSYS_NFTABLES) return;
  if (!is_of_a_table(NFNL_MSG_TYPE(message->nlmsg_type)) || body->nfgen_family != NFPROTO_INET)
    return;
  const struct nlattr *found[TABLE_NAME + 1];
  netlink_attributes(message, sizeof *body, found, TABLE_NAME);
  const char *name = netlink_text(found[TABLE_NAME], NFT_TABLE_MAXNAMELEN);
  if (name != NULL && strcmp(name, table) == 0) changes->table = true;
}

/* Where the filter finds what it looks at; it loads numbers as if they were in network order. */
enum {
  TYPE_AT = offsetof(struct nlmsghdr, nlmsg_type),
  DESTINATION_LENGTH_AT = NLMSG_ALIGN(sizeof(struct nlmsghdr)) + offsetof(struct rtmsg, rtm_dst_len),
  PARENT_AT = NLMSG_ALIGN(sizeof(struct nlmsghdr)) + offsetof(struct tcmsg, tcm_parent),
};

/* Passes the first message's kind: what is sent to a group together is of one route or one qdisc. */
int filter_route_messages(int fd) {
  struct sock_filter steps[] = {
      /* 0 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, TYPE_AT),
      /* 1 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWLINK), 9, 0),
      /* 2 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELLINK), 8, 0),
      /* 3 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 3, 0),
      /* 4 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 2, 0),
      /* 5 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWQDISC), 3, 0),
      /* 6 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELQDISC), 2, 5),
      /* 7 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, DESTINATION_LENGTH_AT),
      /* 8 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 3),
      /* 9 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PARENT_AT),
      /* 10 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TC_H_ROOT, 0, 1),
      /* 11: take it. */ BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
      /* 12: drop it. */ BPF_STMT(BPF_RET | BPF_K, 0),
  };
  const struct sock_fprog program = {.len = sizeof steps / sizeof steps[0], .filter = steps};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ? 0 : errno;
}

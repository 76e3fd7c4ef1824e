/*
 * htb_classes.c: htbClassNumbers(ifindex) -> Float64Array, all classes of an interface's HTB root
 * with what they are set to and what they have counted (tc-htb(8)). Numbers in rows rather than
 * objects: of 8000 classes Node-API would make 120,000 properties, one call each; libs/native
 * makes the objects, and knows the columns by their order in `htb_column`.
 */
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "functions.h"
#include "js.h"
#include "netlink.h"
#include "root_qdisc.h"

/* Minor numbers have 16 bits. */
enum { CLASSES_MAX = 65536 };

/* libs/native/src/htb-classes.ts has the same list. */
enum htb_column {
  MAJOR,
  MINOR,
  PARENT,
  RATE,
  CEIL,
  BUFFER,
  CBUFFER,
  QUANTUM,
  PRIORITY,
  LEVEL,
  SENT_BYTES,
  SENT_PACKETS,
  DROPS,
  OVERLIMITS,
  BACKLOG_BYTES,
  QUEUE_LENGTH,
  HTB_COLUMNS
};

typedef double htb_row[HTB_COLUMNS];

static void begin_classes(void *context) {
  struct growing_list *rows = context;
  rows->count = 0;
}

/* The 64-bit attribute is only there when the 32 bits of tc_ratespec are not enough. */
static double rate_of(const struct nlattr *wide, const struct tc_ratespec *narrow) {
  uint64_t rate;
  return netlink_value(wide, &rate, sizeof rate) ? (double)rate : (double)narrow->rate;
}

static bool read_settings(const struct nlattr *options, htb_row row) {
  const struct nlattr *found[TCA_HTB_MAX + 1];
  struct tc_htb_opt settings;
  netlink_nested(options, found, TCA_HTB_MAX);
  if (!netlink_value(found[TCA_HTB_PARMS], &settings, sizeof settings)) return false;
  row[RATE] = rate_of(found[TCA_HTB_RATE64], &settings.rate);
  row[CEIL] = rate_of(found[TCA_HTB_CEIL64], &settings.ceil);
  row[BUFFER] = settings.buffer;
  row[CBUFFER] = settings.cbuffer;
  row[QUANTUM] = settings.quantum;
  row[PRIORITY] = settings.prio;
  row[LEVEL] = settings.level;
  return true;
}

static bool read_counters(const struct nlattr *statistics, htb_row row) {
  /* Without the padding at the end of gnet_stats_basic, which some kernels leave out. */
  enum { BASIC_SIZE = sizeof(uint64_t) + sizeof(uint32_t) };
  const struct nlattr *found[TCA_STATS_MAX + 1];
  struct gnet_stats_basic basic = {0};
  struct gnet_stats_queue queue;
  uint64_t packets;
  netlink_nested(statistics, found, TCA_STATS_MAX);
  if (!netlink_value(found[TCA_STATS_BASIC], &basic, BASIC_SIZE) ||
      !netlink_value(found[TCA_STATS_QUEUE], &queue, sizeof queue))
    return false;
  const bool wide = netlink_value(found[TCA_STATS_PKT64], &packets, sizeof packets);
  row[SENT_BYTES] = (double)basic.bytes;
  row[SENT_PACKETS] = wide ? (double)packets : (double)basic.packets;
  row[DROPS] = queue.drops;
  row[OVERLIMITS] = queue.overlimits;
  row[BACKLOG_BYTES] = queue.backlog;
  row[QUEUE_LENGTH] = queue.qlen;
  return true;
}

static int take_class(const struct nlmsghdr *message, void *context) {
  const struct tcmsg *body = netlink_body(message, sizeof *body);
  if (body == NULL) return EBADMSG;
  if (message->nlmsg_type != RTM_NEWTCLASS) return 0;
  const struct nlattr *found[TCA_MAX + 1];
  netlink_attributes(message, sizeof *body, found, TCA_MAX);
  const char *kind = netlink_text(found[TCA_KIND], IFNAMSIZ);
  /* The root may have been replaced by another since it was asked for. */
  if (kind == NULL || strcmp(kind, "htb") != 0) return 0;

  htb_row row = {0};
  row[MAJOR] = TC_H_MAJ(body->tcm_handle) >> 16;
  row[MINOR] = TC_H_MIN(body->tcm_handle);
  row[PARENT] = body->tcm_parent;
  if (!read_settings(found[TCA_OPTIONS], row) || !read_counters(found[TCA_STATS2], row))
    return EBADMSG;
  return list_add(context, row);
}

/*
 * The root's handle as the classes' parent restricts the dump to that qdisc: without it the kernel
 * goes through each class's own qdisc too.
 */
static int read_classes(int ifindex, uint32_t handle, struct growing_list *rows) {
  struct {
    struct nlmsghdr header;
    struct tcmsg body;
  } request = {.header = {.nlmsg_len = sizeof request,
                          .nlmsg_type = RTM_GETTCLASS,
                          .nlmsg_flags = NLM_F_DUMP},
               .body = {.tcm_ifindex = ifindex, .tcm_parent = handle}};
  const struct netlink_reader reader = {begin_classes, take_class, rows};
  return netlink_ask(NETLINK_ROUTE, &request.header, &reader);
}

static napi_value float64_array(napi_env env, const struct growing_list *rows) {
  const size_t size = rows->count * rows->item_size;
  napi_value buffer, array;
  void *data = NULL;
  if (napi_create_arraybuffer(env, size, &data, &buffer) != napi_ok) return js_throw_engine(env);
  if (size > 0) memcpy(data, rows->items, size);
  return napi_create_typedarray(env, napi_float64_array, size / sizeof(double), buffer, 0,
                                &array) == napi_ok
             ? array
             : js_throw_engine(env);
}

napi_value htb_class_numbers(napi_env env, napi_callback_info info) {
  napi_value argument;
  int ifindex;
  if (!js_arguments(env, info, 1, &argument) || !interface_index(env, argument, &ifindex))
    return NULL;
  struct growing_list rows = {.item_size = sizeof(htb_row), .most = CLASSES_MAX};
  struct root_qdisc root;
  bool found;
  int error = read_root_qdisc(ifindex, &found, &root);
  if (error == 0 && found && root.is_htb) error = read_classes(ifindex, root.handle, &rows);
  napi_value result = error == 0
                          ? float64_array(env, &rows)
                          : js_throw(env, error, "read the HTB classes of interface %d", ifindex);
  free(rows.items);
  return result;
}

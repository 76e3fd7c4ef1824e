/*
 * root_qdisc.c: rootQdisc(ifindex) and rootQdiscs(), which discipline rules an interface's queue
 * (tc(8)). Both read the dump of all qdiscs: a question for a single one is, in kernels before
 * 6.7, told to all who listen for changes (qdisc_notify(), sch_api.c), us among them.
 */
#include "root_qdisc.h"

#include <errno.h>
#include <limits.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "functions.h"
#include "js.h"
#include "netlink.h"

/* More interfaces than any machine has; a bound all the same. */
enum { ROOTS_MAX = 1 << 20 };

struct root_dump {
  int only; /* 0: those of all interfaces. */
  struct growing_list roots;
};

static void begin_roots(void *context) {
  struct root_dump *dump = context;
  dump->roots.count = 0;
}

static void read_htb(const struct nlattr *options, struct root_qdisc *root) {
  const struct nlattr *found[TCA_HTB_MAX + 1];
  struct tc_htb_glob settings;
  netlink_nested(options, found, TCA_HTB_MAX);
  if (!netlink_value(found[TCA_HTB_INIT], &settings, sizeof settings)) return;
  root->is_htb = true;
  root->default_class = settings.defcls;
}

static int take_root(const struct nlmsghdr *message, void *context) {
  struct root_dump *dump = context;
  const struct tcmsg *body = netlink_body(message, sizeof *body);
  if (body == NULL) return EBADMSG;
  if (message->nlmsg_type != RTM_NEWQDISC || body->tcm_parent != TC_H_ROOT) return 0;
  if (dump->only != 0 && body->tcm_ifindex != dump->only) return 0;

  const struct nlattr *found[TCA_MAX + 1];
  netlink_attributes(message, sizeof *body, found, TCA_MAX);
  struct root_qdisc root = {.ifindex = body->tcm_ifindex, .handle = body->tcm_handle};
  const char *kind = netlink_text(found[TCA_KIND], sizeof root.kind);
  if (kind == NULL) return EBADMSG;
  strcpy(root.kind, kind);
  if (strcmp(kind, "htb") == 0) read_htb(found[TCA_OPTIONS], &root);
  return list_add(&dump->roots, &root);
}

static int ask_for_roots(struct root_dump *dump) {
  struct {
    struct nlmsghdr header;
    struct tcmsg body;
  } request = {.header = {.nlmsg_len = sizeof request,
                          .nlmsg_type = RTM_GETQDISC,
                          .nlmsg_flags = NLM_F_DUMP}};
  const struct netlink_reader reader = {begin_roots, take_root, dump};
  return netlink_ask(NETLINK_ROUTE, &request.header, &reader);
}

/* 0, or ENODEV where there is no such interface: the dump does not tell. */
static int check_interface(int ifindex) {
  char name[IF_NAMESIZE];
  if (if_indextoname((unsigned)ifindex, name) != NULL) return 0;
  return errno == ENXIO ? ENODEV : errno;
}

int read_root_qdisc(int ifindex, bool *found, struct root_qdisc *root) {
  struct root_dump dump = {.only = ifindex,
                           .roots = {.item_size = sizeof *root, .most = ROOTS_MAX}};
  int error = ask_for_roots(&dump);
  *found = error == 0 && dump.roots.count > 0;
  if (*found) *root = *(struct root_qdisc *)dump.roots.items;
  if (error == 0 && !*found) error = check_interface(ifindex);
  free(dump.roots.items);
  return error;
}

bool interface_index(napi_env env, napi_value value, int *ifindex) {
  uint64_t number;
  if (!js_whole_number(env, value, "an interface's index", INT_MAX, &number)) return false;
  *ifindex = (int)number;
  if (number != 0) return true;
  js_throw(env, ENODEV, "the interface with index 0");
  return false;
}

static napi_value root_object(napi_env env, const struct root_qdisc *root) {
  napi_value object = js_object(env);
  if (object == NULL || !js_set(env, object, "kind", js_text(env, root->kind)) ||
      !js_set(env, object, "handle", js_integer(env, root->handle)))
    return NULL;
  if (root->is_htb && !js_set(env, object, "defaultClass", js_integer(env, root->default_class)))
    return NULL;
  return object;
}

napi_value root_qdisc(napi_env env, napi_callback_info info) {
  napi_value argument;
  int ifindex;
  if (!js_arguments(env, info, 1, &argument) || !interface_index(env, argument, &ifindex))
    return NULL;
  struct root_qdisc root;
  bool found;
  const int error = read_root_qdisc(ifindex, &found, &root);
  if (error != 0) return js_throw(env, error, "read the root qdisc of interface %d", ifindex);
  return found ? root_object(env, &root) : js_undefined(env);
}

static napi_value root_array(napi_env env, const struct root_qdisc *roots, size_t count) {
  napi_value array;
  if (napi_create_array_with_length(env, count, &array) != napi_ok) return js_throw_engine(env);
  for (size_t i = 0; i < count; i++) {
    napi_value object = root_object(env, &roots[i]);
    if (object == NULL || !js_set(env, object, "ifindex", js_integer(env, roots[i].ifindex)))
      return NULL;
    if (napi_set_element(env, array, (uint32_t)i, object) != napi_ok) return js_throw_engine(env);
  }
  return array;
}

napi_value root_qdiscs(napi_env env, napi_callback_info info) {
  if (!js_arguments(env, info, 0, NULL)) return NULL;
  struct root_dump dump = {.roots = {.item_size = sizeof(struct root_qdisc), .most = ROOTS_MAX}};
  const int error = ask_for_roots(&dump);
  napi_value result = error == 0 ? root_array(env, dump.roots.items, dump.roots.count)
                                 : js_throw(env, error, "read the root qdiscs");
  free(dump.roots.items);
  return result;
}

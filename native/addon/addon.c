/*
 * addon.c: nodemgr.node, the few system calls that Node.js does not offer. It only names
 * the functions; each has a file of its own, and libs/native is their typed face.
 *
 * There is no state here: the addon may be loaded in any number of worker threads.
 */
#include "functions.h"
#include "js.h"

#define EXPORT(js_name, function) \
  { js_name, NULL, function, NULL, NULL, NULL, napi_enumerable, NULL }

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      EXPORT("peerCredentials", peer_credentials),
      EXPORT("notify", notify),
      EXPORT("lockFile", lock_file),
      EXPORT("unlockFile", unlock_file),
      EXPORT("clockSynchronised", clock_synchronised),
      EXPORT("setProject", set_project),
      EXPORT("fileStamp", file_stamp),
      EXPORT("projectOf", project_of),
      EXPORT("projectQuota", project_quota),
      EXPORT("setProjectQuota", set_project_quota),
      EXPORT("rootQdisc", root_qdisc),
      EXPORT("rootQdiscs", root_qdiscs),
      EXPORT("htbClassNumbers", htb_class_numbers),
      EXPORT("openNetworkEvents", open_network_events),
      EXPORT("readNetworkEvents", read_network_events),
      EXPORT("closeNetworkEvents", close_network_events),
      EXPORT("tcpSocketOwner", tcp_socket_owner),
      EXPORT("tcpPeerOwner", tcp_peer_owner),
  };
  const size_t count = sizeof functions / sizeof functions[0];
  if (napi_define_properties(env, exports, count, functions) != napi_ok)
    return js_throw_engine(env);
  return exports;
}

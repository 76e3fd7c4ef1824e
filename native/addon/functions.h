/* functions.h: the functions that addon.c offers to JavaScript, one file each. */
#ifndef NODEMGR_ADDON_FUNCTIONS_H
#define NODEMGR_ADDON_FUNCTIONS_H

#include <node_api.h>

napi_value peer_credentials(napi_env env, napi_callback_info info);
napi_value notify(napi_env env, napi_callback_info info);
napi_value lock_file(napi_env env, napi_callback_info info);
napi_value unlock_file(napi_env env, napi_callback_info info);
napi_value clock_synchronised(napi_env env, napi_callback_info info);
napi_value file_stamp(napi_env env, napi_callback_info info);
napi_value set_project(napi_env env, napi_callback_info info);
napi_value project_of(napi_env env, napi_callback_info info);
napi_value project_quota(napi_env env, napi_callback_info info);
napi_value set_project_quota(napi_env env, napi_callback_info info);
napi_value root_qdisc(napi_env env, napi_callback_info info);
napi_value root_qdiscs(napi_env env, napi_callback_info info);
napi_value htb_class_numbers(napi_env env, napi_callback_info info);
napi_value open_network_events(napi_env env, napi_callback_info info);
napi_value read_network_events(napi_env env, napi_callback_info info);
napi_value close_network_events(napi_env env, napi_callback_info info);
napi_value tcp_socket_owner(napi_env env, napi_callback_info info);
napi_value tcp_peer_owner(napi_env env, napi_callback_info info);

#endif

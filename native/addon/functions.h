/* functions.h: the functions that addon.c offers to JavaScript, one file each. */
#ifndef NODEMGR_ADDON_FUNCTIONS_H
#define NODEMGR_ADDON_FUNCTIONS_H

#include <node_api.h>

napi_value peer_credentials(napi_env env, napi_callback_info info);
napi_value notify(napi_env env, napi_callback_info info);
napi_value lock_file(napi_env env, napi_callback_info info);
napi_value unlock_file(napi_env env, napi_callback_info info);
napi_value clock_synchronised(napi_env env, napi_callback_info info);
napi_value set_project(napi_env env, napi_callback_info info);
napi_value project_of(napi_env env, napi_callback_info info);
napi_value project_quota(napi_env env, napi_callback_info info);
napi_value set_project_quota(napi_env env, napi_callback_info info);

#endif

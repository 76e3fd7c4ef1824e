/*
 * xmlrpc-c's client, driven by JSON lines (see ../typed-value.ts). It reads and writes JSON by itself.
 *
 * usage: xmlrpc-c tcp PORT [UID]
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xmlrpc-c/base.h>
#include <xmlrpc-c/client.h>
#include <xmlrpc-c/json.h>
#include <xmlrpc-c/util.h>

static xmlrpc_value *value_of(xmlrpc_env *env, xmlrpc_value *typed);

static xmlrpc_value *array_of(xmlrpc_env *env, xmlrpc_value *items) {
  xmlrpc_value *array = xmlrpc_array_new(env);
  int size = xmlrpc_array_size(env, items);
  for (int i = 0; i < size && !env->fault_occurred; i++) {
    xmlrpc_value *item;
    xmlrpc_array_read_item(env, items, (unsigned)i, &item);
    xmlrpc_value *value = value_of(env, item);
    if (!env->fault_occurred) xmlrpc_array_append_item(env, array, value);
  }
  return array;
}

static xmlrpc_value *struct_of(xmlrpc_env *env, xmlrpc_value *members) {
  xmlrpc_value *made = xmlrpc_struct_new(env);
  int size = xmlrpc_struct_size(env, members);
  for (int i = 0; i < size && !env->fault_occurred; i++) {
    xmlrpc_value *name, *member;
    xmlrpc_struct_read_member(env, members, (unsigned)i, &name, &member);
    xmlrpc_value *value = value_of(env, member);
    if (!env->fault_occurred) xmlrpc_struct_set_value_v(env, made, name, value);
  }
  return made;
}

static xmlrpc_value *base64_of(xmlrpc_env *env, const char *text) {
  xmlrpc_mem_block *bytes = xmlrpc_base64_decode(env, text, strlen(text));
  if (env->fault_occurred) return NULL;
  return xmlrpc_base64_new(env, XMLRPC_MEMBLOCK_SIZE(unsigned char, bytes),
                           XMLRPC_MEMBLOCK_CONTENTS(unsigned char, bytes));
}

/* The values are few and the process is short: nothing is given back. */
static xmlrpc_value *value_of(xmlrpc_env *env, xmlrpc_value *typed) {
  const char *type = "";
  const char *text = "";
  xmlrpc_value *value = NULL;
  xmlrpc_decompose_value(env, typed, "(sV)", &type, &value);
  if (env->fault_occurred) return NULL;
  if (strcmp(type, "array") == 0) return array_of(env, value);
  if (strcmp(type, "struct") == 0) return struct_of(env, value);
  xmlrpc_read_string(env, value, &text);
  if (strcmp(type, "int") == 0) return xmlrpc_int_new(env, (int)strtol(text, NULL, 10));
  if (strcmp(type, "i8") == 0) return xmlrpc_i8_new(env, strtoll(text, NULL, 10));
  if (strcmp(type, "double") == 0) return xmlrpc_double_new(env, strtod(text, NULL));
  if (strcmp(type, "boolean") == 0) return xmlrpc_bool_new(env, text[0] == '1');
  if (strcmp(type, "nil") == 0) return xmlrpc_nil_new(env);
  if (strcmp(type, "dateTime") == 0) return xmlrpc_datetime_new_str(env, text);
  if (strcmp(type, "base64") == 0) return base64_of(env, text);
  return xmlrpc_string_new(env, text);
}

static xmlrpc_value *call(xmlrpc_env *env, xmlrpc_client *client, const char *url, const char *line) {
  const char *method;
  xmlrpc_value *typed, *result = NULL;
  xmlrpc_value *request = xmlrpc_parse_json(env, line);
  if (env->fault_occurred) return NULL;
  xmlrpc_decompose_value(env, request, "{s:s,s:V,*}", "method", &method, "typed", &typed);
  if (env->fault_occurred) return NULL;
  xmlrpc_value *params = array_of(env, typed);
  if (env->fault_occurred) return NULL;
  xmlrpc_server_info *server = xmlrpc_server_info_new(env, url);
  xmlrpc_client_call2(env, client, server, method, params, &result);
  xmlrpc_server_info_free(server);
  return result;
}

/* What it puts before the text of a server's fault. */
static const char PREFIX[] = "RPC failed at server.  ";

/* What the library found wrong by itself has one of its own codes, from -500 to -511. */
static xmlrpc_value *answer_of(xmlrpc_env *env, const xmlrpc_env *outcome, xmlrpc_value *result) {
  if (!outcome->fault_occurred) return xmlrpc_build_value(env, "{s:V}", "result", result);
  if (outcome->fault_code <= -500 && outcome->fault_code >= -511)
    return xmlrpc_build_value(env, "{s:s}", "error", outcome->fault_string);
  const char *text = outcome->fault_string;
  if (strncmp(text, PREFIX, strlen(PREFIX)) == 0) text += strlen(PREFIX);
  return xmlrpc_build_value(env, "{s:(is)}", "fault", outcome->fault_code, text);
}

static void answer(xmlrpc_client *client, const char *url, const char *line) {
  xmlrpc_env outcome, env;
  xmlrpc_env_init(&outcome);
  xmlrpc_env_init(&env);
  xmlrpc_value *result = call(&outcome, client, url, line);
  xmlrpc_value *told = answer_of(&env, &outcome, result);
  xmlrpc_mem_block *json = xmlrpc_mem_block_new(&env, 0);
  xmlrpc_serialize_json(&env, told, json);
  if (env.fault_occurred) {
    printf("{\"error\": \"%s\"}\n", env.fault_string);
    return;
  }
  /* Between its tokens stand line ends, which in its strings never do. */
  const char *text = xmlrpc_mem_block_contents(json);
  for (size_t i = 0; i < xmlrpc_mem_block_size(json); i++)
    if (text[i] != '\n' && text[i] != '\r') putchar(text[i]);
  putchar('\n');
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  if (argc > 3) {
    unsigned uid = (unsigned)strtoul(argv[3], NULL, 10);
    if (setgid(uid) != 0 || setuid(uid) != 0) return 1;
  }
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%s/RPC2", argv[2]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  xmlrpc_env env;
  xmlrpc_client *client;
  xmlrpc_env_init(&env);
  xmlrpc_client_setup_global_const(&env);
  xmlrpc_client_create(&env, XMLRPC_CLIENT_NO_FLAGS, "conformance", "1", NULL, 0, &client);
  if (env.fault_occurred) return 1;
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0) answer(client, url, line);
  free(line);
  xmlrpc_client_destroy(client);
  xmlrpc_client_teardown_global_const();
  return 0;
}

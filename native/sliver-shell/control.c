/*
 * control.c: see control.h. The call is made as the sliver's account, which the kernel tells the
 * API: what a sliver may do to itself is decided there, and nowhere here. Start and Stop are done
 * when they are remembered; how the sliver follows is then watched for a while, since whoever
 * asked is about to log in, or wants it to be still.
 */
#include "control.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "../api-call/api_exchange.h"
#include "../api-call/bytes.h"
#include "../api-call/failure.h"
#include "../api-call/timed_io.h"
#include "../sliver/container.h"
#include "../sliver/places.h"
#include "login_note.h"
#include "refuse.h"

#define API_SOCKET NODEMGR_RUN_DIR "/api/api.sock"

enum {
  ANSWER_SECONDS = 60, /* For connecting and the whole answer. */
  FOLLOW_SECONDS = 30, /* For the sliver to do as it is told; a stop takes up to 15. */
  LOOK_MILLISECONDS = 100,
};

enum exit_status { DONE = 0, NOT_DONE = 1 };

enum act act_in(const char *command) {
  if (command == NULL) return NO_ACT;
  if (strcmp(command, "start") == 0) return START;
  if (strcmp(command, "stop") == 0) return STOP;
  return strcmp(command, "status") == 0 ? STATUS : NO_ACT;
}

/* Without an id of root's a process loses all capabilities (capabilities(7)). */
static void become(uid_t uid) {
  if (setresuid(uid, uid, uid) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    refuse_errno("cannot give up the rights of root");
}

/* The character that an entity at `at` stands for, and how long it is; 0 when it is none. */
static size_t entity(const char *at, char *character) {
  static const struct {
    const char *text;
    char character;
  } ENTITIES[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
  for (size_t i = 0; i < sizeof ENTITIES / sizeof ENTITIES[0]; i++) {
    const size_t length = strlen(ENTITIES[i].text);
    if (strncmp(at, ENTITIES[i].text, length) != 0) continue;
    *character = ENTITIES[i].character;
    return length;
  }
  return 0;
}

/* The reason of a fault, as the API writes faults, into `why`. */
static bool take_fault(const char *fault, struct failure *why) {
  static const char TAG[] = "<string>";
  const char *member = strstr(fault, "<name>faultString</name>");
  const char *at = member == NULL ? NULL : strstr(member, TAG);
  if (at == NULL) return fail(why, "the API refuses it, and does not say why");
  char text[sizeof why->text];
  size_t length = 0;
  for (at += strlen(TAG); *at != '\0' && *at != '<' && length < sizeof text - 1;) {
    const size_t taken = entity(at, &text[length]);
    if (taken == 0) text[length] = *at;
    at += taken == 0 ? 1 : taken;
    length++;
  }
  text[length] = '\0';
  return fail(why, "%s", text);
}

/* Whether a document, which ends in a zero byte, says that the call was carried out. */
static bool is_done(const char *document, struct failure *why) {
  const char *fault = strstr(document, "<fault>");
  if (fault != NULL) return take_fault(fault, why);
  return strstr(document, "<params") != NULL || fail(why, "the API has answered something else");
}

static bool call(const char *method, const char *name, struct failure *why) {
  char request[256];
  const int length = snprintf(request, sizeof request,
                              "<?xml version=\"1.0\"?><methodCall><methodName>%s</methodName>"
                              "<params><param><value><string>%s</string></value></param></params>"
                              "</methodCall>",
                              method, name);
  struct bytes xml = {0}, answer = {0};
  bool done = bytes_append(&xml, request, (size_t)length) || fail(why, "out of memory");
  done = done && ask_api(API_SOCKET, ANSWER_SECONDS, &xml, &answer, why);
  done = done && (bytes_append(&answer, "", 1) || fail(why, "out of memory"));
  done = done && is_done(answer.data, why);
  bytes_free(&xml);
  bytes_free(&answer);
  return done;
}

/* NULL when the sliver can be entered; else why not (find_container). */
static const char *why_absent(const struct caller *caller) {
  struct container container = {0};
  const char *reason = find_container(caller->name, caller->base, &container);
  if (reason != NULL) return reason;
  close(container.init_fd);
  close(container.payload_fd);
  return NULL;
}

static void pause_until_next_look(void) {
  const struct timespec pause = {.tv_nsec = LOOK_MILLISECONDS * 1000000L};
  nanosleep(&pause, NULL);
}

static _Noreturn void end_done(const char *name, const char *how) {
  _exit(dprintf(STDOUT_FILENO, "%s %s\n", name, how) < 0 ? NOT_DONE : DONE);
}

static _Noreturn void end_not_done(const char *text) {
  complain(text);
  _exit(NOT_DONE);
}

static _Noreturn void end_absent(const char *name, const char *reason) {
  char text[ABSENCE_MAX];
  describe_absence(name, reason, text);
  end_not_done(text);
}

static _Noreturn void follow_start(const struct caller *caller) {
  const deadline until = deadline_in(FOLLOW_SECONDS);
  for (;;) {
    struct login_note note;
    const char *reason = why_absent(caller);
    if (reason == NULL) end_done(caller->name, "runs");
    const bool in_vain = read_login_note(caller->name, &note) && note.outlasts_start;
    if (in_vain || deadline_left(until) == 0) end_absent(caller->name, reason);
    pause_until_next_look();
  }
}

static _Noreturn void follow_stop(const struct caller *caller) {
  const deadline until = deadline_in(FOLLOW_SECONDS);
  char text[128];
  for (const char *reason; (reason = why_absent(caller)) != NOT_RUNNING; pause_until_next_look()) {
    if (deadline_left(until) != 0) continue;
    snprintf(text, sizeof text, "%s %s, %d s after Stop was called", caller->name,
             reason == NULL ? "still runs" : reason, FOLLOW_SECONDS);
    end_not_done(text);
  }
  snprintf(text, sizeof text, "is stopped; 'ssh %s@node start' starts it", caller->name);
  end_done(caller->name, text);
}

static _Noreturn void tell_status(const struct caller *caller) {
  const char *reason = why_absent(caller);
  if (reason == NULL) end_done(caller->name, "runs");
  end_absent(caller->name, reason);
}

void control(const struct caller *caller, enum act act) {
  struct failure why;
  become(caller->uid);
  if (act == STATUS) tell_status(caller);
  const char *method = act == START ? "Start" : "Stop";
  if (!call(method, caller->name, &why)) {
    char text[sizeof why.text + 64];
    snprintf(text, sizeof text, "%s of %s: %s", method, caller->name, why.text);
    end_not_done(text);
  }
  if (act == START) follow_start(caller);
  follow_stop(caller);
}

/*
 * forward_api_calls: the login shell of delegate accounts. It lets someone who can log in
 * by ssh, and do nothing else on this machine, call the node manager's API:
 *
 *     ssh del_snoop@node < request.xml > answer.xml
 *
 * The life of one call:
 *   1. Descriptors 0 to 2 are made sure of, so that no socket takes the place of one.
 *   2. One XML-RPC request is read from standard input, up to its </methodCall> or the end of the input.
 *   3. It is posted to the API's Unix socket. The API learns from the kernel which account
 *      is calling; nothing that is read here can claim to be another.
 *   4. The whole body of the answer is collected, then written to standard output. When
 *      anything goes wrong before that, an XML-RPC fault is written there instead, and one
 *      line to standard error. Never a part of the one and then the other.
 *
 * sshd starts it as `forward_api_calls -c COMMAND`, or with a name that begins with '-'.
 * Then COMMAND and every other argument come from someone far away, and are ignored. Only
 * started otherwise (by tests, by a demo) does it take
 *
 *     --socket PATH        another API socket
 *     --timeout SECONDS    less time for reading and for the answer
 *
 * It runs no program, opens no file but /dev/null, and never looks at the environment.
 *
 * Exit status: 0 the API's answer was written (an answer may be a fault of the API's own);
 *              1 the call failed, and the fault that says why was written;
 *              2 standard output did not take what had to be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../api-call/api_exchange.h"
#include "../api-call/bytes.h"
#include "../api-call/failure.h"
#include "../api-call/timed_io.h"
#include "request_end.h"

#ifndef NODEMGR_API_SOCKET
#define NODEMGR_API_SOCKET "/run/nodemgr/api.sock"
#endif

enum {
  REQUEST_MAX = 1024 * 1024,
  READ_SECONDS = 30,   /* For the whole request. */
  ANSWER_SECONDS = 60, /* For connecting and the whole answer. */
  STALL_SECONDS = 60,  /* For a reader of our output that takes nothing. */
};

enum exit_status { ANSWERED = 0, FAILED = 1, UNHEARD = 2 };

struct options {
  const char *socket_path;
  int read_seconds;
  int answer_seconds;
};

/* Opens /dev/null in place of a missing descriptor 0, 1 or 2. False when output has nowhere to go. */
static bool open_standard_streams(void) {
  bool output = true;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    if (fd == STDOUT_FILENO) output = false;
    /* The lowest free number is fd itself: those below it are open by now. */
    if (open("/dev/null", O_RDWR) != fd) return false;
  }
  return output;
}

/* Then a lost reader is an error of write(2), to be reported, instead of a sudden end. */
static void ignore_broken_pipes(void) {
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  sigaction(SIGPIPE, &ignore, NULL);
}

/* login(1) and sshd(8): a login shell's name begins with '-'; a command is given after -c. */
static bool is_login_shell(int argc, char **argv) {
  if (argc < 1 || argv[0][0] == '-') return true;
  return argc > 1 && strcmp(argv[1], "-c") == 0;
}

/* A whole number from 1 to 9999, otherwise 0. */
static int parse_seconds(const char *text) {
  int seconds = 0;
  if (strlen(text) > 4) return 0;
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9') return 0;
    seconds = seconds * 10 + (*text - '0');
  }
  return seconds;
}

static int shorter(int seconds, int other) { return seconds < other ? seconds : other; }

static bool take_option(struct options *options, const char *name, const char *value) {
  if (strcmp(name, "--socket") == 0) {
    options->socket_path = value;
    return true;
  }
  const int seconds = strcmp(name, "--timeout") == 0 ? parse_seconds(value) : 0;
  options->read_seconds = shorter(seconds, options->read_seconds);
  options->answer_seconds = shorter(seconds, options->answer_seconds);
  return seconds > 0;
}

static bool choose_options(int argc, char **argv, struct options *options, struct failure *why) {
  if (is_login_shell(argc, argv)) return true;
  for (int i = 1; i < argc; i += 2)
    if (i + 1 == argc || !take_option(options, argv[i], argv[i + 1]))
      return fail(why, "usage: forward_api_calls [--socket PATH] [--timeout SECONDS]");
  return true;
}

static bool read_failed(int seconds, struct failure *why) {
  if (errno == ETIMEDOUT)
    return fail(why, "the request on standard input did not end within %d s", seconds);
  return fail(why, "cannot read the request from standard input: %s", strerror(errno));
}

/*
 * Reads up to the end of the request, or of the input. Many an ssh library cannot close its side and read on:
 * whoever uses one never comes to the end of the input.
 */
static bool read_request(struct bytes *xml, int seconds, struct failure *why) {
  const deadline until = deadline_in(seconds);
  struct request_end end = {0};
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t got = read_some(STDIN_FILENO, buffer, sizeof buffer, until);
    if (got == -1) return read_failed(seconds, why);
    if (got == 0) return xml->length > 0 || fail(why, "there is no request on standard input");
    const size_t last = find_request_end(&end, buffer, (size_t)got);
    const size_t more = last == 0 ? (size_t)got : last;
    if (more > REQUEST_MAX - xml->length)
      return fail(why, "the request is bigger than %d bytes", REQUEST_MAX);
    if (!bytes_append(xml, buffer, more)) return fail(why, "out of memory");
    if (last != 0) return true;
  }
}

static bool make_call(int argc, char **argv, struct bytes *answer, struct failure *why) {
  struct options options = {NODEMGR_API_SOCKET, READ_SECONDS, ANSWER_SECONDS};
  struct bytes xml = {0};
  const bool answered = choose_options(argc, argv, &options, why) &&
                        read_request(&xml, options.read_seconds, why) &&
                        ask_api(options.socket_path, options.answer_seconds, &xml, answer, why);
  bytes_free(&xml);
  return answered;
}

/* One line. Nothing can be done when this fails; the exit status says it too. */
static void complain(const struct failure *why) {
  char line[sizeof why->text + 32];
  const int length = snprintf(line, sizeof line, "forward_api_calls: %s\n", why->text);
  write_all(STDERR_FILENO, line, (size_t)length, STALL_SECONDS);
}

static enum exit_status write_answer(const struct bytes *answer) {
  if (write_all(STDOUT_FILENO, answer->data, answer->length, STALL_SECONDS)) return ANSWERED;
  struct failure why;
  fail(&why, "cannot write the answer to standard output: %s", strerror(errno));
  complain(&why);
  return UNHEARD;
}

static enum exit_status write_fault(const struct failure *reason) {
  char document[FAULT_DOCUMENT_MAX];
  const size_t length = fault_document(reason, document);
  const bool heard = write_all(STDOUT_FILENO, document, length, STALL_SECONDS);
  complain(reason);
  return heard ? FAILED : UNHEARD;
}

int main(int argc, char **argv) {
  struct failure why;
  struct bytes answer = {0};
  ignore_broken_pipes();
  /* A call whose answer nobody can get is not made. */
  if (!open_standard_streams()) {
    fail(&why, "standard output is not open");
    complain(&why);
    return UNHEARD;
  }
  if (!make_call(argc, argv, &answer, &why)) return write_fault(&why);
  const enum exit_status status = write_answer(&answer);
  bytes_free(&answer);
  return status;
}

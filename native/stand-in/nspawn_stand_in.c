/*
 * nspawn_stand_in.c: for tests only. It takes systemd-nspawn's place on machines where
 * systemd is not process 1, and runs a container that looks the same from outside:
 *
 *   UNIT/supervisor   this process
 *   UNIT/payload      its child, process 1 of a pid namespace, root of a user namespace with
 *                     the ids of --private-users, in mount, uts, ipc and cgroup namespaces
 *
 * It understands --directory, --machine, --private-users, --bind and --bind-ro as sliver-run writes
 * them, passes over all other options, and like nspawn turns SIGTERM into one for its child,
 * and ends as that does.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../sliver/places.h"

enum { BINDS_MAX = 8, TEXT_MAX = 1024 };

struct options {
  const char *directory, *machine;
  char *binds[BINDS_MAX], *writable[BINDS_MAX];
  int bind_count, writable_count;
  unsigned base;
  char **payload;
};

static _Noreturn void die(const char *doing) {
  fprintf(stderr, "nspawn-stand-in: %s: %s\n", doing, strerror(errno));
  exit(1);
}

static void must(int result, const char *doing) {
  if (result == -1) die(doing);
}

static const char *value_of(const char *argument, const char *option) {
  const size_t length = strlen(option);
  return strncmp(argument, option, length) == 0 ? argument + length : NULL;
}

static struct options take_options(char **argv) {
  struct options options = {0};
  const char *value;
  for (argv++; *argv != NULL && strncmp(*argv, "--", 2) == 0; argv++) {
    if ((value = value_of(*argv, "--directory=")) != NULL) options.directory = value;
    if ((value = value_of(*argv, "--machine=")) != NULL) options.machine = value;
    if ((value = value_of(*argv, "--private-users=")) != NULL && *value >= '0' && *value <= '9')
      options.base = (unsigned)strtoul(value, NULL, 10);
    if ((value = value_of(*argv, "--bind-ro=")) != NULL && options.bind_count < BINDS_MAX)
      options.binds[options.bind_count++] = strdup(value);
    if ((value = value_of(*argv, "--bind=")) != NULL && options.writable_count < BINDS_MAX)
      options.writable[options.writable_count++] = strdup(value);
  }
  options.payload = argv;
  return options;
}

static void write_file(const char *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void write_file(const char *text, const char *format, ...) {
  char path[TEXT_MAX];
  va_list values;
  va_start(values, format);
  vsnprintf(path, sizeof path, format, values);
  va_end(values);
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd == -1 || write(fd, text, strlen(text)) == -1) die(path);
  close(fd);
}

/* The unit's cgroup, where this process was started. */
static void find_unit(char unit[TEXT_MAX]) {
  char line[TEXT_MAX] = "";
  FILE *cgroups = fopen("/proc/self/cgroup", "re");
  if (cgroups == NULL) die("open /proc/self/cgroup");
  while (fgets(line, sizeof line, cgroups) != NULL && strncmp(line, "0::", 3) != 0) continue;
  fclose(cgroups);
  line[strcspn(line, "\n")] = '\0';
  snprintf(unit, TEXT_MAX, "%s%.512s", NODEMGR_CGROUP_ROOT, line + 3);
}

static void make_cgroups(const char *unit, unsigned base) {
  static const char *const GIVEN[] = {"", "/cgroup.procs", "/cgroup.subtree_control"};
  char path[2 * TEXT_MAX];
  snprintf(path, sizeof path, "%s/supervisor", unit);
  must(mkdir(path, 0755), path);
  snprintf(path, sizeof path, "%s/payload", unit);
  must(mkdir(path, 0755), path);
  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s/payload%s", unit, GIVEN[i]);
    must(chown(path, base, base), path);
  }
  write_file("0", "%s/supervisor/cgroup.procs", unit);
}

/* Binds a file or folder of the node's to a place below the container's root. */
static void bind(const char *source, const char *root, const char *target, unsigned long flags) {
  char place[TEXT_MAX];
  struct stat status;
  snprintf(place, sizeof place, "%s%s", root, target);
  must(stat(source, &status), source);
  if (S_ISDIR(status.st_mode)) mkdir(place, 0755);
  else close(open(place, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  must(mount(source, place, NULL, MS_BIND, NULL), place);
  if (flags != 0) must(mount(NULL, place, NULL, MS_BIND | MS_REMOUNT | flags, NULL), place);
}

static void make_tmpfs(const char *root, const char *target, unsigned base) {
  char place[TEXT_MAX], how[128];
  snprintf(place, sizeof place, "%s%s", root, target);
  snprintf(how, sizeof how, "mode=0755,uid=%u,gid=%u", base, base);
  mkdir(place, 0755);
  must(mount("tmpfs", place, "tmpfs", MS_NOSUID, how), place);
}

/* SOURCE:TARGET, as in --bind. */
static void bind_option(char *value, const char *root, unsigned long flags) {
  char *target = strchr(value, ':');
  if (target == NULL) die(value);
  *target++ = '\0';
  bind(value, root, target, flags);
}

static void furnish(const struct options *options) {
  static const char *const DEVICES[] = {"/dev/null", "/dev/zero", "/dev/tty", "/dev/urandom"};
  make_tmpfs(options->directory, "/run", options->base);
  make_tmpfs(options->directory, "/dev", options->base);
  for (int i = 0; i < 4; i++) bind(DEVICES[i], options->directory, DEVICES[i], 0);
  for (int i = 0; i < options->bind_count; i++)
    bind_option(options->binds[i], options->directory, MS_RDONLY);
  for (int i = 0; i < options->writable_count; i++)
    bind_option(options->writable[i], options->directory, 0);
}

static _Noreturn void run_payload(const struct options *options, int go) {
  char byte;
  if (read(go, &byte, 1) != 1) _exit(1);
  must(unshare(CLONE_NEWCGROUP), "unshare the cgroup namespace");
  must(setresgid(0, 0, 0), "setresgid");
  must(setresuid(0, 0, 0), "setresuid");
  must(sethostname(options->machine, strlen(options->machine)), "sethostname");
  must(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount /proc");
  execv(options->payload[0], options->payload);
  die(options->payload[0]);
}

/* In a process of its own, whose root the container's becomes; the child is its parent's. */
static void start_payload(const struct options *options, int go, int pid_out) {
  must(unshare(CLONE_NEWNS), "unshare the mount namespace");
  must(chdir(options->directory), options->directory);
  must(mount(options->directory, "/", NULL, MS_MOVE, NULL), "move the root");
  must(chroot("."), "chroot");
  struct clone_args how = {.flags = CLONE_PARENT | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID |
                                    CLONE_NEWUTS | CLONE_NEWIPC};
  const pid_t child = (pid_t)syscall(SYS_clone3, &how, sizeof how);
  must(child, "clone");
  if (child == 0) run_payload(options, go);
  must((int)write(pid_out, &child, sizeof child), "tell the child's number");
}

static pid_t start_container(const struct options *options, const char *unit) {
  int go[2], pid_pipe[2];
  pid_t child = 0;
  char map[64], number[16];
  must(pipe2(go, O_CLOEXEC), "pipe");
  must(pipe2(pid_pipe, O_CLOEXEC), "pipe");
  const pid_t starter = fork();
  must(starter, "fork");
  if (starter == 0) {
    start_payload(options, go[0], pid_pipe[1]);
    _exit(0);
  }
  waitpid(starter, NULL, 0);
  close(pid_pipe[1]);
  if (read(pid_pipe[0], &child, sizeof child) != sizeof child) die("start the payload");
  snprintf(map, sizeof map, "0 %u %d\n", options->base, NODEMGR_IDS);
  write_file(map, "/proc/%d/uid_map", child);
  write_file(map, "/proc/%d/gid_map", child);
  snprintf(number, sizeof number, "%d", child);
  write_file(number, "%s/payload/cgroup.procs", unit);
  must((int)write(go[1], "g", 1), "let the payload go");
  return child;
}

int main(int argc, char **argv) {
  char unit[TEXT_MAX];
  (void)argc;
  const struct options options = take_options(argv);
  if (options.directory == NULL || options.machine == NULL || options.base == 0) return 2;
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGCHLD);
  find_unit(unit);
  make_cgroups(unit, options.base);
  furnish(&options);
  const pid_t child = start_container(&options, unit);
  sigprocmask(SIG_BLOCK, &awaited, NULL);
  for (int number, status;;) {
    if (waitpid(child, &status, WNOHANG) == child)
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (sigwait(&awaited, &number) == 0 && number == SIGTERM) kill(child, SIGTERM);
  }
}

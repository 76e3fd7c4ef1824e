/*
 * sliver-run NAME: the main process of the unit nodemgr-sliver@NAME.service. It makes the
 * sliver's file system and becomes systemd-nspawn(1), which runs the container:
 *
 *   1. arguments and environment are checked  NODEMGR_MACHINE, NODEMGR_BASE, NODEMGR_IMAGE
 *                                             (slivers/NAME/unit.env)
 *   2. a mount namespace of its own           no mount is ever left over on the node: all of
 *                                             them end with the unit
 *   3. RUN/mnt/lower: the image, read-only, ids shifted to the sliver's
 *   4. RUN/mnt/root: an overlay of that and the sliver's own files (upper, work);
 *      RUN/mnt/terminals: a devpts of its own
 *   5. exec systemd-nspawn, with sliver-init as process 1
 *
 * sliver-run --start-scripts NAME (ExecReload) sends the running sliver's process 1 SIGHUP,
 * which runs its start script again, with `restart`.
 *
 * sliver-run --warn NAME BASE SECONDS (account-supervisor) sends the running sliver's process 1
 * SIGUSR1 with SECONDS, the time until the sliver is stopped, which runs its start script with
 * `warn`. BASE is the first of the sliver's ids.
 *
 * Exit status: 2 for wrong arguments or environment, 1 when something failed (one line on
 * standard error says what), otherwise systemd-nspawn's.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "../sliver/container.h"
#include "../sliver/identity.h"
#include "../sliver/places.h"
#include "file_system.h"
#include "give_up.h"
#include "sliver.h"

static void set(const char *name, const char *value) {
  if (setenv(name, value, 1) != 0) give_up_errno("cannot set the environment");
}

/*
 * nspawn reads much from its environment; all that it gets is where to say that it is ready,
 * and that /tmp is an ordinary folder: in memory, no disk quota would bound it.
 */
static void set_environment(void) {
  const char *notify_socket = getenv("NOTIFY_SOCKET");
  clearenv();
  set("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
  set("SYSTEMD_NSPAWN_TMPFS_TMP", "0");
  if (notify_socket != NULL) set("NOTIFY_SOCKET", notify_socket);
}

static void run_container(const struct sliver *sliver) {
  char machine[128], ids[64], boot[512];
  snprintf(machine, sizeof machine, "--machine=%s", sliver->machine);
  snprintf(ids, sizeof ids, "--private-users=%u:%d", sliver->base, NODEMGR_IDS);
  snprintf(boot, sizeof boot, "--bind-ro=" NODEMGR_STATE_DIR "/slivers/%s/boot:%s", sliver->name,
           NODEMGR_INSIDE_BOOT);
  set_environment();
  /* The container's console is shown to nobody: a tenant could fill the journal through it. */
  execl(NODEMGR_NSPAWN, "systemd-nspawn", "--quiet", "--settings=no", "--keep-unit",
        "--register=no", machine, "--directory=" SLIVER_ROOT, ids,
        "--private-users-ownership=off", "--resolv-conf=replace-host", "--timezone=off",
        "--link-journal=no", "--console=read-only", "--kill-signal=SIGTERM",
        "--bind=" SLIVER_TERMINALS ":/dev/pts",
        "--bind-ro=" NODEMGR_RUN_DIR "/api:" NODEMGR_INSIDE_API,
        "--bind-ro=" NODEMGR_LIB_DIR "/sliver-init:" NODEMGR_INSIDE_INIT, boot,
        NODEMGR_INSIDE_INIT, sliver->name, (char *)NULL);
  give_up_errno("cannot run " NODEMGR_NSPAWN "");
}

static void run(const char *name) {
  const struct sliver sliver = take_sliver(name);
  mount_file_system(&sliver);
  run_container(&sliver);
}

static void start_scripts(const char *name) {
  const struct sliver sliver = take_sliver(name);
  struct container container;
  const char *reason = find_container(sliver.name, sliver.base, &container);
  if (reason != NULL) give_up(FAILED, "%s %s", sliver.name, reason);
  if (pidfd_send_signal(container.init_fd, SIGHUP, NULL, 0) != 0)
    give_up_errno("cannot send SIGHUP to process 1 of %s", sliver.name);
}

static bool parse_seconds(const char *digits, int *seconds) {
  char *end;
  if (digits[0] < '0' || digits[0] > '9') return false;
  errno = 0;
  const long value = strtol(digits, &end, 10);
  *seconds = (int)value;
  return errno == 0 && *end == '\0' && value <= INT_MAX;
}

static void warn(const char *name, const char *base_digits, const char *digits) {
  uid_t base;
  int seconds;
  if (!is_sliver_name(name)) give_up(MISUSED, "not a sliver's name: '%.100s'", name);
  if (!parse_base(base_digits, &base)) give_up(MISUSED, "not a first id: '%.100s'", base_digits);
  if (!parse_seconds(digits, &seconds)) give_up(MISUSED, "not seconds: '%.100s'", digits);
  struct container container;
  const char *reason = find_container(name, base, &container);
  if (reason != NULL) give_up(FAILED, "%s %s", name, reason);
  /* The time goes with the signal (sigqueue(3)): what is written down may be another one by now. */
  siginfo_t news = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
  news.si_pid = getpid();
  news.si_uid = getuid();
  news.si_value.sival_int = seconds;
  if (pidfd_send_signal(container.init_fd, SIGUSR1, &news, 0) != 0)
    give_up_errno("cannot send SIGUSR1 to process 1 of %s", name);
}

int main(int argc, char **argv) {
  if (argc == 2) run(argv[1]);
  else if (argc == 3 && strcmp(argv[1], "--start-scripts") == 0) start_scripts(argv[2]);
  else if (argc == 5 && strcmp(argv[1], "--warn") == 0) warn(argv[2], argv[3], argv[4]);
  else give_up(MISUSED, "usage: sliver-run [--start-scripts] NAME, or --warn NAME BASE SECONDS");
  return 0;
}

/*
 * sliver-run NAME: the main process of the unit nodemgr-sliver@NAME.service. It makes the
 * sliver's file system and becomes systemd-nspawn(1), which runs the container:
 *
 *   1. arguments and environment are checked  NODEMGR_MACHINE, NODEMGR_BASE, NODEMGR_IMAGE
 *                                             (slivers/NAME/unit.env)
 *   2. a mount namespace of its own           no mount is ever left over on the node: all of
 *                                             them end with the unit
 *   3. RUN/mnt/lower: the image, read-only, ids shifted to the sliver's
 *   4. RUN/mnt/root: an overlay of that and the sliver's own files (upper, work)
 *   5. exec systemd-nspawn, with sliver-init as process 1
 *
 * sliver-run --start-scripts NAME (ExecReload) sends the running sliver's process 1 SIGHUP,
 * which runs its start script again, with `restart`.
 *
 * Exit status: 2 for wrong arguments or environment, 1 when something failed (one line on
 * standard error says what), otherwise systemd-nspawn's.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "../sliver/container.h"
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

int main(int argc, char **argv) {
  if (argc == 2) run(argv[1]);
  else if (argc == 3 && strcmp(argv[1], "--start-scripts") == 0) start_scripts(argv[2]);
  else give_up(MISUSED, "usage: sliver-run [--start-scripts] NAME");
  return 0;
}

/*
 * file_system.c: see file_system.h. DESIGN.md, section 5: an image folder shared by all, its
 * ids shifted to the sliver's, is the lower layer of an overlay; the sliver's own files are
 * the upper. Nothing is copied.
 */
#include "file_system.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "give_up.h"
#include "id_map.h"

#define MOUNTS NODEMGR_RUN_DIR "/mnt"
#define LOWER MOUNTS "/lower"

/* Terminals that a sliver may have; and the group tty, which has the same number everywhere. */
enum { TERMINALS_MAX = 256, TTY_GID = 5 };

/* systemd-nspawn keeps notes of each machine here; they end with the unit too. */
#define NSPAWN_NOTES "/run/systemd/nspawn"

/* A small file system of this namespace's own, to make folders in. */
static void mount_notes(const char *folder) {
  if (mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755,size=1m") != 0)
    give_up_errno("cannot mount a tmpfs on %s", folder);
}

static void make_folder(const char *folder) {
  if (mkdir(folder, 0755) != 0) give_up_errno("cannot make %s", folder);
}

/*
 * Terminals are counted together on the whole node, and systemd-nspawn's own devpts has no bound.
 * Root inside may not change this one. It may mount one more: this bounds programs, not those who
 * are after it, for whom the kernel has no limit but that of the node.
 */
static void mount_terminals(uid_t base) {
  char how[128];
  make_folder(SLIVER_TERMINALS);
  snprintf(how, sizeof how, "newinstance,ptmxmode=0666,mode=0620,gid=%u,max=%d", base + TTY_GID,
           TERMINALS_MAX);
  if (mount("devpts", SLIVER_TERMINALS, "devpts", MS_NOSUID | MS_NOEXEC, how) != 0)
    give_up_errno("cannot mount a devpts with %s", how);
}

/* From here on mounts of the node still come in, and none of ours goes out. */
static void leave_mount_namespace(void) {
  if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
    give_up_errno("cannot have a mount namespace");
}

static void mount_image(const struct sliver *sliver) {
  char image[512];
  snprintf(image, sizeof image, NODEMGR_STATE_DIR "/images/%s/root", sliver->image);
  const int tree = open_tree(AT_FDCWD, image, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (tree == -1) give_up_errno("cannot use the image %s", image);
  const int ids = open_id_map(sliver->base);
  struct mount_attr attributes = {
      .attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV,
      .userns_fd = (unsigned)ids,
  };
  if (mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    give_up_errno("cannot shift the ids of %s", image);
  if (move_mount(tree, "", AT_FDCWD, LOWER, MOVE_MOUNT_F_EMPTY_PATH) != 0)
    give_up_errno("cannot mount %s on " LOWER "", image);
  close(ids);
  close(tree);
}

static void mount_overlay(const char *name) {
  char layers[512];
  snprintf(layers, sizeof layers,
           "lowerdir=" LOWER ",upperdir=" NODEMGR_STATE_DIR
           "/slivers/%s/upper,workdir=" NODEMGR_STATE_DIR "/slivers/%s/work",
           name, name);
  if (mount("overlay", SLIVER_ROOT, "overlay", MS_NODEV, layers) != 0)
    give_up_errno("cannot mount the overlay of %s (%s)", name, layers);
}

void mount_file_system(const struct sliver *sliver) {
  leave_mount_namespace();
  mount_notes(MOUNTS);
  make_folder(LOWER);
  make_folder(SLIVER_ROOT);
  mount_image(sliver);
  mount_overlay(sliver->name);
  mount_terminals(sliver->base);
  if (mkdir(NSPAWN_NOTES, 0755) == 0 || access(NSPAWN_NOTES, F_OK) == 0) mount_notes(NSPAWN_NOTES);
  else give_up_errno("cannot make " NSPAWN_NOTES "");
}

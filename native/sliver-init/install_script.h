/* install_script.h: puts the sliver's initscript in its place, or takes it away. */
#ifndef NODEMGR_INSTALL_SCRIPT_H
#define NODEMGR_INSTALL_SCRIPT_H

enum script {
  SCRIPT_READY,  /* `target` is what `source` is. */
  SCRIPT_NONE,   /* There is no `source`, and no `target` any more. */
  SCRIPT_BROKEN, /* Neither; errno says why. `target` is what it was. */
};

/*
 * Makes `target` a copy of `source` with mode 0755, by renaming a whole new file. A `target`
 * that is the same already is not written: a full disk keeps no sliver from starting.
 */
enum script install_script(const char *source, const char *target);

#endif

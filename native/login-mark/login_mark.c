/*
 * login-mark: pam_exec(8) runs it, as root, once sshd knows who logs in and before it tells so
 * (systemd/pam.d/nodemgr-login). It marks the connection's socket with the first user id of the
 * sliver, by which bwcap-agent's rules charge what is sent to that sliver. The kernel would charge
 * it to root, who has accepted the connection; and the mark stays with the socket until its last
 * byte is acknowledged, whoever has ended by then.
 *
 * The account is PAM_USER; the connection is held by the process that started this one. An account
 * that is no sliver's is left alone: a delegate's answers are the node's own.
 *
 * Exit status: 0, also when there was nothing to mark; 1 when a sliver's connection could not be
 * marked, which syslog(3) has the reason of. The login goes on: PAM is told that this is optional.
 */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "../sliver/id_range.h"
#include "../sliver/identity.h"
#include "../sliver/places.h"

static _Noreturn void give_up(const char *name, const char *what) {
  syslog(LOG_WARNING, "what the login to %s sends is not charged to it: %s: %s", name, what,
         strerror(errno));
  exit(EXIT_FAILURE);
}

static bool is_tcp_connection(int fd) {
  int protocol = 0;
  socklen_t length = sizeof protocol;
  if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) != 0) return false;
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  return protocol == IPPROTO_TCP && getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
}

/* Whether descriptor `fd` of the process was a connection and is marked now. */
static bool mark(int process, int fd, uid_t base) {
  const int copy = pidfd_getfd(process, fd, 0);
  if (copy == -1) return false;
  const bool done = is_tcp_connection(copy) &&
                    setsockopt(copy, SOL_SOCKET, SO_MARK, &base, sizeof base) == 0;
  close(copy);
  return done;
}

/* Marks all connections that the process holds; how many. */
static int mark_connections(pid_t holder, uid_t base, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd", holder);
  const int process = pidfd_open(holder, 0);
  if (process == -1) give_up(name, "pidfd_open");
  DIR *descriptors = opendir(path);
  if (descriptors == NULL) give_up(name, path);
  int marked = 0;
  for (struct dirent *entry; (entry = readdir(descriptors)) != NULL;)
    if (entry->d_name[0] != '.' && mark(process, atoi(entry->d_name), base)) marked++;
  closedir(descriptors);
  close(process);
  return marked;
}

int main(void) {
  openlog("login-mark", LOG_PID, LOG_AUTHPRIV);
  const char *name = getenv("PAM_USER");
  if (name == NULL || !is_sliver_name(name)) return EXIT_SUCCESS;
  FILE *ranges = fopen(NODEMGR_ETC_DIR "/subuid", "re");
  if (ranges == NULL) give_up(name, NODEMGR_ETC_DIR "/subuid");
  uid_t base = 0;
  const bool is_sliver = find_id_range(ranges, name, &base);
  fclose(ranges);
  if (!is_sliver) return EXIT_SUCCESS;
  if (mark_connections(getppid(), base, name) > 0) return EXIT_SUCCESS;
  errno = ENOTCONN;
  give_up(name, "sshd's socket");
}

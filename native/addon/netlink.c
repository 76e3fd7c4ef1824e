/* netlink.c: see netlink.h for what it promises. */
#include "netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

/* 60,000 classes come in some 600 parts; a dump of more than this many has no end. */
enum { PARTS_MAX = 65536, DUMP_ATTEMPTS = 5, ANSWER_SECONDS = 5 };

int netlink_receive(int fd, int flags, unsigned char *buffer, size_t *length) {
  struct sockaddr_nl sender = {0};
  struct iovec part = {.iov_base = buffer, .iov_len = NETLINK_BUFFER_SIZE};
  struct msghdr datagram = {
      .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &part, .msg_iovlen = 1};
  ssize_t received;
  do {
    received = recvmsg(fd, &datagram, flags);
  } while (received == -1 && errno == EINTR);
  if (received == -1) return errno;
  if ((datagram.msg_flags & MSG_TRUNC) != 0) return EMSGSIZE;
  const bool from_kernel = datagram.msg_namelen == sizeof sender && sender.nl_pid == 0;
  *length = from_kernel ? (size_t)received : 0;
  return 0;
}

/* A socket that asks; -1 and errno when there is none. */
static int open_socket(int protocol) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (fd == -1) return -1;
  const struct timeval most = {.tv_sec = ANSWER_SECONDS};
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

static int send_request(int fd, const struct nlmsghdr *request) {
  const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  ssize_t sent;
  do {
    sent = sendto(fd, request, request->nlmsg_len, 0, (const struct sockaddr *)&kernel,
                  sizeof kernel);
  } while (sent == -1 && errno == EINTR);
  return sent == -1 ? errno : 0;
}

/* What an NLMSG_ERROR or the NLMSG_DONE of a dump says: both begin with 0 or a negative errno. */
static int error_within(const struct nlmsghdr *message) {
  const void *body = netlink_body(message, sizeof(int));
  if (body == NULL) return message->nlmsg_type == NLMSG_DONE ? 0 : EBADMSG;
  int error;
  memcpy(&error, body, sizeof error);
  return error < 0 ? -error : 0;
}

static int take_message(const struct nlmsghdr *message, const struct netlink_reader *reader,
                        bool *finished) {
  if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) return EINTR;
  *finished = (message->nlmsg_flags & NLM_F_MULTI) == 0 || message->nlmsg_type == NLMSG_DONE;
  if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
    return error_within(message);
  return message->nlmsg_type < NLMSG_MIN_TYPE ? 0 : reader->take(message, reader->context);
}

static int read_answer(int fd, uint32_t sequence, unsigned char *buffer,
                       const struct netlink_reader *reader) {
  for (unsigned part = 0; part < PARTS_MAX; part++) {
    struct netlink_messages messages = {.at = buffer};
    const int failure = netlink_receive(fd, 0, buffer, &messages.left);
    if (failure != 0) return failure == EAGAIN ? ETIMEDOUT : failure;
    const struct nlmsghdr *message;
    while ((message = netlink_next(&messages)) != NULL) {
      if (message->nlmsg_seq != sequence) continue;
      bool finished = false;
      const int error = take_message(message, reader, &finished);
      if (error != 0 || finished) return error;
    }
    if (messages.left != 0) return EBADMSG;
  }
  return EOVERFLOW;
}

/* EINTR when the answer was a dump that the kernel calls inconsistent. */
static int ask_once(int protocol, const struct nlmsghdr *request,
                    const struct netlink_reader *reader) {
  unsigned char *buffer = malloc(NETLINK_BUFFER_SIZE);
  if (buffer == NULL) return ENOMEM;
  const int fd = open_socket(protocol);
  int error = fd == -1 ? errno : send_request(fd, request);
  if (error == 0) error = read_answer(fd, request->nlmsg_seq, buffer, reader);
  if (fd != -1) close(fd);
  free(buffer);
  return error;
}

int netlink_ask(int protocol, struct nlmsghdr *request, const struct netlink_reader *reader) {
  request->nlmsg_flags |= NLM_F_REQUEST;
  request->nlmsg_seq = 1;
  for (unsigned attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
    reader->begin(reader->context);
    const int error = ask_once(protocol, request, reader);
    if (error != EINTR) return error;
  }
  return EAGAIN;
}

static int open_kept(struct netlink_kept *kept, int protocol) {
  if (kept->buffer == NULL) kept->buffer = malloc(NETLINK_BUFFER_SIZE);
  if (kept->buffer == NULL) return ENOMEM;
  kept->fd = open_socket(protocol);
  return kept->fd == -1 ? errno : 0;
}

/* A failed question leaves no socket behind: what it was answered after all is nobody's. */
static int ask_on_kept(struct netlink_kept *kept, struct nlmsghdr *request,
                       const struct netlink_reader *reader) {
  request->nlmsg_flags |= NLM_F_REQUEST;
  request->nlmsg_seq = ++kept->sequence;
  reader->begin(reader->context);
  int error = send_request(kept->fd, request);
  if (error == 0) error = read_answer(kept->fd, request->nlmsg_seq, kept->buffer, reader);
  if (error == 0 || error == ENOENT) return error;
  close(kept->fd);
  kept->fd = -1;
  return error;
}

int netlink_ask_kept(struct netlink_kept *kept, int protocol, struct nlmsghdr *request,
                     const struct netlink_reader *reader) {
  if (kept->fd != -1) {
    const int error = ask_on_kept(kept, request, reader);
    if (kept->fd != -1) return error;
  }
  const int error = open_kept(kept, protocol);
  return error == 0 ? ask_on_kept(kept, request, reader) : error;
}

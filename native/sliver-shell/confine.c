/*
 * confine.c: see confine.h. Whoever joins a container by setns(2) is under none of the rules
 * that systemd-nspawn gave its payload: all capabilities come back, and its system-call
 * filter is not inherited. A user namespace makes most of that harmless; what is refused here
 * is refused because it is most of the kernel's surface to attack and no login needs it.
 */
#include "confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define IF(test, value, instructions) BPF_JUMP(BPF_JMP | (test) | BPF_K, (value), 0, instructions)

#define REFUSE_CALL(number) IF(BPF_JEQ, number, 1), RETURN(SECCOMP_RET_ERRNO | EPERM)
#define UNLESS_FOR(architecture) \
  LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (architecture), 1, 0), RETURN(SECCOMP_RET_ALLOW)

/* A system call has one number for 64-bit programs and another for 32-bit ones. */
#if defined __x86_64__
#define NATIVE AUDIT_ARCH_X86_64
#define COMPAT AUDIT_ARCH_I386
#define COMPAT_CALL(x86, arm) REFUSE_CALL(x86)
#elif defined __aarch64__
#define NATIVE AUDIT_ARCH_AARCH64
#define COMPAT AUDIT_ARCH_ARM
#define COMPAT_CALL(x86, arm) REFUSE_CALL(arm)
#else
#error "the system-call numbers of this architecture's 32-bit programs are not known here"
#endif

static bool install(struct sock_filter *filter, size_t length) {
  const struct sock_fprog program = {.len = (unsigned short)length, .filter = filter};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool refuse_calls(void) {
  struct sock_filter filter[] = {
      UNLESS_FOR(NATIVE),
      LOAD(nr),
      REFUSE_CALL(SYS_add_key),
      REFUSE_CALL(SYS_request_key),
      REFUSE_CALL(SYS_keyctl),
      REFUSE_CALL(SYS_bpf),
      REFUSE_CALL(SYS_perf_event_open),
      REFUSE_CALL(SYS_userfaultfd),
      REFUSE_CALL(SYS_io_uring_setup),
      REFUSE_CALL(SYS_io_uring_enter),
      REFUSE_CALL(SYS_io_uring_register),
      REFUSE_CALL(SYS_open_by_handle_at),
      REFUSE_CALL(SYS_init_module),
      REFUSE_CALL(SYS_finit_module),
      REFUSE_CALL(SYS_delete_module),
      REFUSE_CALL(SYS_kexec_load),
      REFUSE_CALL(SYS_kexec_file_load),
#if defined __x86_64__
      /* x32: the same calls under numbers of their own, which few kernels have. */
      IF(BPF_JGE, 0x40000000, 1),
      RETURN(SECCOMP_RET_ERRNO | ENOSYS),
#endif
      RETURN(SECCOMP_RET_ALLOW),
  };
  return install(filter, sizeof filter / sizeof filter[0]);
}

/* The same list, in the order of the numbers above. */
static bool refuse_compat_calls(void) {
  struct sock_filter filter[] = {
      UNLESS_FOR(COMPAT),
      LOAD(nr),
      COMPAT_CALL(286, 309),
      COMPAT_CALL(287, 310),
      COMPAT_CALL(288, 311),
      COMPAT_CALL(357, 386),
      COMPAT_CALL(336, 364),
      COMPAT_CALL(374, 388),
      COMPAT_CALL(425, 425),
      COMPAT_CALL(426, 426),
      COMPAT_CALL(427, 427),
      COMPAT_CALL(342, 371),
      COMPAT_CALL(128, 128),
      COMPAT_CALL(350, 379),
      COMPAT_CALL(129, 129),
      COMPAT_CALL(283, 347),
      RETURN(SECCOMP_RET_ALLOW),
  };
  return install(filter, sizeof filter / sizeof filter[0]);
}

/* The bounding set says what root gets when it runs a program (capabilities(7)). */
static bool limit_capabilities(uint64_t bounding) {
  for (int capability = 0; capability < 64; capability++) {
    if ((bounding >> capability & 1) != 0) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return errno == EINVAL;
  }
  return true; /* EINVAL: there are no capabilities from that number on. */
}

bool confine(uint64_t bounding) {
  return limit_capabilities(bounding) && refuse_calls() && refuse_compat_calls();
}

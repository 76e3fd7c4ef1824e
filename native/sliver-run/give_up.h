/* give_up.h: the one way in which sliver-run ends without having done what it should. */
#ifndef NODEMGR_GIVE_UP_H
#define NODEMGR_GIVE_UP_H

enum { FAILED = 1, MISUSED = 2 };

/* Prints 'sliver-run: ' and the text as one line on standard error; ends with `status`. */
_Noreturn void give_up(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Likewise with FAILED; the line ends with what errno means. */
_Noreturn void give_up_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

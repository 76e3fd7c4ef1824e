/* refuse.h: the one way in which sliver-shell says no. */
#ifndef NODEMGR_REFUSE_H
#define NODEMGR_REFUSE_H

enum { REFUSED = 126 };

/* Prints 'sliver-shell: ' and the text as one line on standard error; ends with REFUSED. */
_Noreturn void refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Likewise; the line ends with what errno means. */
_Noreturn void refuse_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints such a line and goes on. */
void complain(const char *text);

#endif

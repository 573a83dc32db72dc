/* One way out on failure: a sentence for a person on stderr, exit status 1. */
#ifndef FAIL_H
#define FAIL_H

void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Like fail(), and adds what errno says, if anything. */
void fail_errno(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif

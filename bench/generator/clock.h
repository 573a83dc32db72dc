/* Wall clock, and the processor time that we and the server have used. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <sys/types.h>

/* Nanoseconds, monotonic. */
uint64_t clock_now(void);

/* Seconds of processor time of this process. */
double clock_own_cpu(void);

/* Seconds of processor time of another process, with all its threads. */
double clock_cpu_of(pid_t pid);

#endif

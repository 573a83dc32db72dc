/*
 * The measured window: a warm-up, then the time that counts, then one line of JSON.
 *
 * Both are meant in processor time of the server, so that a server that had to share its core with something else is as
 * warm, and does as much, as one that had it alone. A server that does not use its core is not waited for: STRETCH times
 * as long on the wall clock is always enough.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "latency.h"

enum { SERVERS_MAX = 8 };

struct window {
  /* given */
  uint64_t warmup;   /* nanoseconds of the server's processor time */
  uint64_t duration; /* the same */
  pid_t servers[SERVERS_MAX]; /* the processes that count as the server: their times are added up */
  unsigned server_count;
  /* kept */
  bool measuring;
  uint64_t phase_began, looked_at;
  uint64_t progress_at;
  uint64_t progress_count;
  double own_cpu, server_cpu;
  uint64_t messages; /* since the phase began: the loads count here */
  struct latency latency;
};

/* `list` is the numbers of its processes, with commas between them. */
void window_servers(struct window *window, const char *list);

void window_begin(struct window *window);

/* To be called often. Returns false when the time is over; fails when nothing has arrived for seconds. */
bool window_goes_on(struct window *window, uint64_t now);

/* Prints the result. */
void window_report(const struct window *window);

#endif

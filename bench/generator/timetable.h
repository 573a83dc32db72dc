/* When each message of an open loop is due: evenly spaced over time, and one connection after the other. */
#ifndef TIMETABLE_H
#define TIMETABLE_H

#include <stdint.h>

struct timetable {
  uint64_t began; /* nanoseconds, as clock_now() */
  uint64_t rate;  /* messages a second */
};

static inline uint64_t timetable_due(const struct timetable *timetable, uint64_t message) {
  uint64_t second = 1000000000u;
  return timetable->began + message / timetable->rate * second + message % timetable->rate * second / timetable->rate;
}

#endif
